import { FileSignature } from 'lucide-react'
import { useState } from 'react'
import type { SignatureView } from '@aquifer/core/contract'
import { useSignatures } from '../../api/access-queries.js'
import { roleWords } from '../../api/roles.js'
import { Badge } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { clock, day, plural } from '../../ui/format.js'
import { Loaded } from '../../ui/Loaded.js'
import { Panel } from '../../ui/Panel.js'
import { Empty } from '../../ui/states.js'

const shownAtFirst = 5
const subjects: Readonly<Record<string, string>> = {
  'role-policy': 'Role policy, version',
  resource: '',
  job: 'Result of job',
  document: 'Document',
}

/** Who signed what, what for, and whether it is still what was signed. */
export function SignaturesPanel() {
  const signatures = useSignatures()
  return (
    <Panel title="Electronic signatures" note={<span className="sub">each compared with what was signed</span>}>
      <Loaded of={signatures} rows={3}>
        {(list) =>
          list.length === 0 ? <Empty icon={FileSignature} title="Nothing has been signed yet" /> : <Signatures signatures={list} />
        }
      </Loaded>
    </Panel>
  )
}

function Signatures({ signatures }: { signatures: readonly SignatureView[] }) {
  const [all, showAll] = useState(false)
  const shown = all ? signatures : signatures.slice(0, shownAtFirst)
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th>When</th>
            <th>Signer</th>
            <th>Role</th>
            <th>Meaning</th>
            <th>What</th>
            <th>Study</th>
            <th>Now</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((each) => (
            <tr key={each.id}>
              <td className="num">
                {day(each.at)} {clock(each.at)}
              </td>
              <td>
                <span className="medium">{each.name}</span> <span className="mono ink-3">{each.signer}</span>
              </td>
              <td className="ink-2">{roleWords(each.role)}</td>
              <td>{each.meaning}</td>
              <td>
                {subjects[each.subject.kind] ?? each.subject.kind} <span className="mono">{each.subject.id}</span>
              </td>
              <td className="ink-2">{each.study ?? ''}</td>
              <td>
                <State signature={each} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {signatures.length > shown.length && (
        <div className="list-more">
          <Button onPress={() => showAll(true)}>Show {plural(signatures.length - shown.length, 'older one')}</Button>
        </div>
      )}
    </>
  )
}

function State({ signature: { genuine, matches } }: { signature: SignatureView }) {
  if (!genuine) return <Badge kind="failed">Not genuine</Badge>
  if (matches === false) return <Badge kind="failed">Changed since</Badge>
  return matches === null ? <Badge kind="idle">Kept elsewhere</Badge> : <Badge kind="active">As signed</Badge>
}
