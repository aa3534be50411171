import './person.css'
import { Phone, FileSignature } from 'lucide-react'
import { withdrawalRules } from '@aquifer/core/consent'
import type { StudyView } from '@aquifer/core/contract'
import { useContracts, useOrganization, type Organization } from '../../api/person-queries.js'
import { Badge } from '../../ui/Badge.js'
import { day } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { useNow } from '../../ui/use-now.js'
import { actSentences, consentsIn, stateWords, typeOf, type GivenConsent } from './consent-words.js'
import { PersonPage } from './PersonProvider.js'
import { WithdrawalPreview } from './WithdrawalPreview.js'

export default function ConsentsPage() {
  return (
    <PersonPage
      title={({ own, person }) => (own ? 'My consents' : `Consents of ${person.name}`)}
      lead={() =>
        'What was agreed, study by study. An agreement can be withdrawn at any time, without a reason and without a disadvantage.'
      }
    >
      {({ person }) => person.studies.map((study) => <StudyConsents key={study.id} study={study} person={person.id} />)}
    </PersonPage>
  )
}

function StudyConsents({ study, person }: { study: StudyView; person: string }) {
  const now = useNow()
  const contracts = useContracts(study.id, person)
  const consents = consentsIn(contracts.data ?? [], study, now.getTime())
  const authority = consents.find((consent) => consent.authority?.startsWith('Organization/'))?.authority ?? null
  return (
    <Panel title={study.name} note={<span className="sub">{kindWords[study.kind]}</span>}>
      {contracts.data === undefined ? (
        contracts.error ? (
          <Failure error={contracts.error} retry={() => void contracts.refetch()} />
        ) : (
          <SkeletonRows rows={3} />
        )
      ) : consents.length === 0 ? (
        <Empty icon={FileSignature} title="No consent is on file here">
          A consent that was given on paper is shown as soon as the study team has recorded it.
        </Empty>
      ) : (
        <div className="consent-cards">
          <ul>
            {consents.map((consent) => (
              <Consent key={consent.id + consent.type} consent={consent} />
            ))}
          </ul>
          <Withdrawing study={study} person={person} authority={authority} />
        </div>
      )}
    </Panel>
  )
}

const kindWords: Readonly<Record<StudyView['kind'], string>> = {
  regulated: 'clinical trial',
  registry: 'registry',
  program: 'health program',
}

function Consent({ consent }: { consent: GivenConsent }) {
  const { name, means } = typeOf(consent.type)
  return (
    <li className="consent-card">
      <div className="row">
        <h3>{name}</h3>
        <Badge kind={consent.state}>{stateWords[consent.state]}</Badge>
      </div>
      <p className="ink-2">{means}</p>
      <dl className="facts">
        <Fact name="Since" value={consent.since === null ? 'not recorded' : day(consent.since)} />
        <Fact
          name="Until"
          value={consent.until === null ? (consent.state === 'active' ? 'it is withdrawn' : 'no end') : day(consent.until)}
        />
        <Fact name="Form" value={consent.form ?? 'not recorded'} />
        <Fact name="Signed by" value={consent.signer ?? 'not recorded'} />
      </dl>
    </li>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="sub">{name}</dt>
      <dd className="medium">{value}</dd>
    </div>
  )
}

/** What each way of withdrawing would do, as the kind of the study allows it, and who carries it out. */
function Withdrawing({ study, person, authority }: { study: StudyView; person: string; authority: string | null }) {
  const { allowed, default: usual, kept } = withdrawalRules(study.kind, false)
  const organization = useOrganization(authority, study.id)
  return (
    <section className="withdrawing" aria-label={`Withdrawing from ${study.name}`}>
      <h3>Withdrawing, and what it would do</h3>
      <ul>
        {allowed.map((act) => (
          <li key={act}>
            <p className="medium">
              {actSentences[act].name}
              {act === usual && allowed.length > 1 && <span className="sub"> · what is done unless you say otherwise</span>}
            </p>
            <p className="ink-2">{actSentences[act].says}</p>
            <WithdrawalPreview study={study} person={person} act={act} />
          </li>
        ))}
      </ul>
      {kept !== '' && <p className="sub">{kept}</p>}
      <p className="withdraw-ask">
        <Icon of={Phone} className="ink-3" />
        <span>
          Tell the study team{organization.data ? <Contact organization={organization.data} /> : ' where the consent was signed'}. They
          carry it out, and hand you a certificate afterwards.
        </span>
      </p>
    </section>
  )
}

function Contact({ organization }: { organization: Organization }) {
  const ways = [...(organization.telecom ?? []), ...(organization.contact ?? []).flatMap((contact) => contact.telecom ?? [])]
  const told = ways.filter(({ system, value }) => (system === 'phone' || system === 'email') && value !== undefined)
  return (
    <>
      {' '}
      at <strong>{organization.name}</strong>
      {told.map(({ value }) => `, ${value ?? ''}`).join('')}
    </>
  )
}
