import './audit.css'
import { useMe } from '../../api/SessionProvider.js'
import { mayReviewEmergencies, maySeeSignatures } from '../../api/roles.js'
import { ChainPanel } from './ChainPanel.js'
import { EmergenciesPanel } from './EmergenciesPanel.js'
import { SignaturesPanel } from './SignaturesPanel.js'
import { TrailPanel } from './TrailPanel.js'

export default function AuditPage() {
  const me = useMe()
  return (
    <div className="page">
      <header>
        <h1>Audit</h1>
        <p className="ink-2">Every request leaves one record: refused and failed ones too. Looking at them here leaves one as well.</p>
      </header>
      <ChainPanel />
      {mayReviewEmergencies(me) && <EmergenciesPanel />}
      {maySeeSignatures(me) && <SignaturesPanel />}
      <TrailPanel />
    </div>
  )
}
