import { FileCheck, FileUp, ScrollText, TriangleAlert } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { RolePolicyList, RolePolicyVersion } from '@aquifer/core/contract'
import { usePolicies } from '../../../api/access-queries.js'
import { mayProposePolicy, maySignPolicy, roleWords } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Badge, Tag, type BadgeKind } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { clock, day, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { useCommands, type Command } from '../../shell/commands.js'
import { ComparePanel, type Comparison } from './ComparePanel.js'
import { ProposeDialog } from './ProposeDialog.js'
import { SignDialog } from './SignDialog.js'

/** What roles may do: the policy in force and who signed it, how versions differ, and the way to a newer one. */
export function PolicyPart() {
  const policies = usePolicies()
  return (
    <Loaded of={policies} rows={10}>
      {(list) => <Policies list={list} />}
    </Loaded>
  )
}

function Policies({ list }: { list: RolePolicyList }) {
  const me = useMe()
  const [proposing, propose] = useState(false)
  const proposed = list.versions.find(({ state }) => state === 'proposed')
  const [compared, compare] = useState<Comparison>({ version: proposed?.version ?? list.inForce, against: proposed ? list.inForce : null })
  const may = mayProposePolicy(me)
  const commands = useMemo<Command[]>(
    () => (may ? [{ id: 'propose-policy', group: 'Commands', name: 'Propose a role policy', icon: FileUp, run: () => propose(true) }] : []),
    [may],
  )
  useCommands(commands)
  return (
    <>
      {list.unnamed.length > 0 && <Unnamed list={list} show={() => compare({ version: list.inForce, against: 0 })} />}
      <Panel
        title="Role policy"
        note={<span className="sub">what it does not name is denied</span>}
        actions={
          may && (
            <Button icon={FileUp} onPress={() => propose(true)}>
              Propose a policy
            </Button>
          )
        }
      >
        {list.versions.map((version) => (
          <Version
            key={version.version}
            version={version}
            shown={compared.version === version.version}
            show={() => compare({ version: version.version, against: version.version === list.inForce ? null : list.inForce })}
          />
        ))}
        <BuiltIn
          inForce={list.inForce === 0}
          shown={compared.version === 0}
          show={() => compare({ version: 0, against: list.inForce === 0 ? null : list.inForce })}
        />
      </Panel>
      <ComparePanel list={list} compared={compared} compare={compare} />
      {proposing && (
        <ProposeDialog
          inForce={list.document}
          onClose={() => propose(false)}
          proposed={(version) => compare({ version, against: list.inForce })}
        />
      )}
    </>
  )
}

/** After an upgrade: what the program learned since is denied to everybody, which looks like a fault to whoever meets it. */
function Unnamed({ list, show }: { list: RolePolicyList; show(): void }) {
  return (
    <section className="panel unnamed" aria-label="Rights that nobody holds">
      <Icon of={TriangleAlert} size={20} className="mark-warn" />
      <div className="grow">
        <p className="panel-title">{plural(list.unnamed.length, 'right')} given to nobody by the policy in force</p>
        <p className="ink-2">
          A policy that was signed for an earlier version of the program does not know what came later, and what it does not name is denied.
          To give them, two people sign a newer policy.
        </p>
        <p className="row unnamed-list">
          {list.unnamed.map((right) => (
            <Tag key={right} tone="warn">
              <span className="mono">{right}</span>
            </Tag>
          ))}
        </p>
      </div>
      <Button onPress={show}>Compare with the built-in policy</Button>
    </section>
  )
}

const states: Record<RolePolicyVersion['state'], { kind: BadgeKind; words: string }> = {
  'in-force': { kind: 'active', words: 'In force' },
  proposed: { kind: 'proposed', words: 'Proposed' },
  superseded: { kind: 'expired', words: 'Superseded' },
}

function Version({ version, shown, show }: { version: RolePolicyVersion; shown: boolean; show(): void }) {
  const me = useMe()
  const [signing, sign] = useState(false)
  const { state, signatures, changes } = version
  const signed = signatures.some(({ signer }) => signer === me.user)
  return (
    <article className="version" data-selected={shown || undefined} aria-label={`Version ${version.version}`}>
      <span className="version-number num">{version.version}</span>
      <div className="grow">
        <p className="row">
          <span className="medium">{version.name}</span>
          <Badge kind={states[state].kind}>{states[state].words}</Badge>
          <span className="sub num">
            proposed {day(version.proposedAt)} by {version.proposedBy}
            {version.activatedAt && `, in force since ${day(version.activatedAt)}`}
          </span>
        </p>
        <ul className="signers">
          {signatures.map((each) => (
            <li key={each.id} className="row">
              <Icon of={FileCheck} className={each.genuine ? 'mark-ok' : 'mark-bad'} />
              <span className="medium">{each.name}</span>
              <span className="ink-2">
                {roleWords(each.role).toLowerCase()}, {each.meaning}
              </span>
              <span className="sub num">
                {day(each.at)}, {clock(each.at)}
              </span>
              {!each.genuine && <Badge kind="failed">not genuine</Badge>}
            </li>
          ))}
          {state === 'proposed' && (
            <li className="sub">
              {signatures.length === 0 ? 'Two signatures are needed.' : 'One more signature, by somebody else, puts it in force.'}
            </li>
          )}
        </ul>
        <p className="sub">
          <span className="mono">SHA-256 {version.sha256.slice(0, 16)}…</span>
          {state !== 'in-force' && `, ${plural(changes.length, 'change')} against the policy in force`}
        </p>
      </div>
      <Button isDisabled={shown} onPress={show}>
        {shown ? 'Shown below' : 'Show'}
      </Button>
      {state === 'proposed' && maySignPolicy(me) && (
        <Button look="primary" isDisabled={signed} onPress={() => sign(true)}>
          {signed ? 'You have signed' : 'Sign'}
        </Button>
      )}
      {signing && <SignDialog version={version} onClose={() => sign(false)} />}
    </article>
  )
}

function BuiltIn({ inForce, shown, show }: { inForce: boolean; shown: boolean; show(): void }) {
  return (
    <article className="version" data-selected={shown || undefined} aria-label="Built-in policy">
      <span className="version-number">
        <Icon of={ScrollText} size={16} className="ink-3" />
      </span>
      <div className="grow">
        <p className="row">
          <span className="medium">Built-in policy</span>
          {inForce && <Badge kind="active">In force</Badge>}
        </p>
        <p className="sub">
          Comes with the program and grows with it. It needs no signature and counts until two people have signed another.
        </p>
      </div>
      <Button isDisabled={shown} onPress={show}>
        {shown ? 'Shown below' : 'Show'}
      </Button>
    </article>
  )
}
