import type { FastifyInstance, FastifyRequest } from 'fastify'
import { csvLine } from '@aquifer/core/audit'
import { codebookFormats, endpoints, type Codebook } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { ProfileDesk } from '../../query/index.js'
import type { Study } from '../../study/index.js'
import type { Answer } from '../answer.js'
import { bind, paramOf, queryOf } from '../bind.js'
import { factsOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const mine = { act: 'query', right: 'query.run' } as const

export function catalogueRoutes(app: FastifyInstance, systems: RoutedSystems, profiles: ProfileDesk): void {
  const named = async (request: FastifyRequest): Promise<Study | Refusal> => {
    const study = await studyNamed(systems, request, queryOf(request)['study'])
    if (isRefusal(study)) return study
    if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
    factsOf(request).sid = study.sid
    return study
  }
  bind(app, endpoints.tableProfile, {
    ...mine,
    handler: async (request) => {
      const study = await named(request)
      if (isRefusal(study)) return study
      const profile = await profiles.profile(study, paramOf(request, 'table'))
      return isRefusal(profile) ? profile : { body: profile }
    },
  })
  bind(app, endpoints.codebook, {
    ...mine,
    handler: async (request) => {
      const study = await named(request)
      if (isRefusal(study)) return study
      const asked = queryOf(request)['format'] ?? 'json'
      const format = codebookFormats.find((each) => each === asked)
      if (format === undefined)
        return refuse('bad-parameter', { detail: `format is one of ${codebookFormats.join(', ')}.`, parameter: 'format' })
      const codebook = await profiles.codebook(study)
      return format === 'json' ? { body: codebook } : asCsv(codebook)
    },
  })
}

/** The first line says what the columns are of, as in every file that leaves. */
function asCsv({ study, snapshot, maskingPolicy, consentEpoch, columns }: Codebook): Answer {
  const basis = `# Codebook of ${study} · snapshot ${snapshot ?? 'none yet'} · epoch ${consentEpoch ?? 'none'} · ${maskingPolicy}`
  const lines = columns.map(({ table, kind, column, type, masking, from, description }) =>
    csvLine([table, kind, column, type, from.join(' '), masking, description]),
  )
  const head = csvLine(['table', 'kind', 'column', 'type', 'fhir', 'masking', 'description'])
  return { type: 'text/csv; charset=utf-8', body: [csvLine([basis]), head, ...lines].join('') }
}
