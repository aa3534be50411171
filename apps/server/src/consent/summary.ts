import { consentFigures, endOfDay, type Consent, type PersonConsents } from '@aquifer/core/consent'
import type { ConsentSummary } from '@aquifer/core/contract'
import { sitesReached, type Grant } from '@aquifer/core/access'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { dayAt, spanOf } from '@aquifer/core/time'
import type { Repository, Study } from '../repository/index.js'

const pageSize = 2_000

/** A study's consent figures as of a day, limited to the caller's sites. */
export async function consentSummary(
  repository: Repository,
  study: Study,
  asked: { grant: Grant; asOf: string | null; now: number },
): Promise<ConsentSummary | Refusal> {
  const today = dayAt(asked.now, study.zone)
  const asOf = asked.asOf ?? today
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf) || spanOf(asOf, study.zone) === null)
    return refuse('bad-parameter', { detail: 'asOf is a day, YYYY-MM-DD.', parameter: 'asOf' })
  const epoch = await repository.consents.epoch(study.sid)
  const at = asOf >= today ? asked.now : endOfDay(asOf, study.zone)
  const people: PersonConsents[] = []
  const sites = sitesReached(asked.grant, study.id)
  for await (const person of everyone(repository, study))
    if (sites === null || (person.site !== null && sites.includes(person.site))) people.push(person)
  return {
    study: study.id,
    asOf,
    epoch,
    required: study.required,
    ...consentFigures(people, { required: study.required, at, zone: study.zone }),
  }
}

async function* everyone(repository: Repository, study: Study): AsyncGenerator<PersonConsents> {
  const siteIds = new Map(study.sites.map((site) => [site.site, site.id]))
  let after = 0n
  for (;;) {
    const page = await repository.consents.people(study.sid, { after, limit: pageSize })
    for (const { enrolment, consents } of page) {
      if (enrolment.to !== null) continue
      yield {
        site: enrolment.site === null ? null : (siteIds.get(enrolment.site) ?? null),
        enrolledAt: enrolment.from,
        consents: consents.map((row) => ({
          type: row.type,
          status: row.status as Consent['status'],
          lo: row.lo,
          hi: row.hi,
          order: row.order,
        })),
      }
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    after = last.pid
  }
}
