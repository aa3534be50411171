import './administration.css'
import './policy/policy.css'
import { Siren } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { Link } from 'react-router'
import { useEmergencies } from '../../api/audit-queries.js'
import { usePolicies } from '../../api/access-queries.js'
import { mayReadPolicy, mayReviewEmergencies } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Icon } from '../../ui/Icon.js'
import { PageTabs } from '../../ui/PageTabs.js'
import { AccessPart } from './access/AccessPart.js'
import { ClientsPanel } from './clients/ClientsPanel.js'
import { administrationParts, type AdministrationPart } from './parts.js'
import { PeoplePanel } from './people/PeoplePanel.js'
import { PolicyPart } from './policy/PolicyPart.js'
import { RelationshipsPanel } from './relationships/RelationshipsPanel.js'
import { WhyPanel } from './WhyPanel.js'

const contents: Record<AdministrationPart, ReactNode> = {
  people: <PeoplePanel />,
  clients: <ClientsPanel />,
  access: <AccessPart />,
  relationships: <RelationshipsPanel />,
  policy: <PolicyPart />,
  why: <WhyPanel />,
}

export default function AdministrationPage() {
  const me = useMe()
  useSlash()
  const parts = administrationParts(me).map((part) => ({
    ...part,
    content: contents[part.id],
    note: part.id === 'policy' && mayReadPolicy(me) ? <PolicyMark /> : null,
  }))
  return (
    <div className="page administration">
      <header className="row">
        <h1>Administration</h1>
        {mayReviewEmergencies(me) && <Emergencies />}
      </header>
      <PageTabs label="Parts of the administration page" parts={parts} />
    </div>
  )
}

/** Reviewed on the page Audit, where their trail is. */
function Emergencies() {
  const { data } = useEmergencies()
  const waiting = data?.unreviewed ?? 0
  return (
    <Link to={paths.audit} className="button quiet end">
      <Icon of={Siren} className={waiting > 0 ? 'mark-warn' : undefined} />
      {waiting === 0 ? 'Access in emergencies' : `${waiting} ${waiting === 1 ? 'emergency' : 'emergencies'} to review`}
    </Link>
  )
}

function PolicyMark() {
  const { data } = usePolicies()
  const unnamed = data?.unnamed.length ?? 0
  return unnamed === 0 ? null : <span className="badge plain warn">{unnamed}</span>
}

/** "/" goes to the search of the part that is open. */
function useSlash() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const at = event.target
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
      if (at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA)$/.test(at.tagName))) return
      const field = document.querySelector<HTMLInputElement>('.administration [data-search] input')
      if (field === null) return
      event.preventDefault()
      field.focus()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}
