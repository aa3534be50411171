import type { FastifyInstance } from 'fastify'
import { auditExportRequest, endpoints, type AuditExportManifest } from '@aquifer/core/contract'
import { isRefusal, refuse } from '@aquifer/core/refusal'
import { bind, bodyAs, paramOf } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const types: Readonly<Record<AuditExportManifest['format'], string>> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  pdf: 'application/pdf',
  trail: 'text/plain; charset=utf-8',
}

export function exportRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { jobs, auditFile } = systems
  bind(app, endpoints.exportAudit, {
    act: 'export',
    right: 'audit.export',
    handler: async (request) => {
      const body = bodyAs(request, auditExportRequest)
      if (isRefusal(body)) return body
      const study = await studyNamed(systems, request, body.study)
      if (isRefusal(study)) return study
      const [facts, grant] = [factsOf(request), grantOf(request)]
      facts.sid = study?.sid ?? null
      facts.detail = { ...facts.detail, format: body.format }
      if (body.person !== undefined) facts.people.push(body.person)
      return { body: await jobs.queue({ kind: 'audit-export', sid: facts.sid, actor: grant.user, request: { asked: body, grant } }) }
    },
  })
  bind(app, endpoints.auditExportFile, {
    act: 'export',
    outlives: true,
    right: 'audit.export',
    handler: async (request) => {
      const job = await jobs.see(grantOf(request), paramOf(request, 'id'))
      if (isRefusal(job)) return job
      if (job.kind !== 'audit-export' || job.state !== 'done') return refuse('unknown', { detail: 'There is no such file here.' })
      const { format, file } = job.result as AuditExportManifest
      return { type: types[format], headers: { 'content-disposition': `attachment; filename="${file}"` }, body: auditFile(job.id, format) }
    },
  })
}
