import { FileUp } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { MaskingPolicyList, StudyView } from '@aquifer/core/contract'
import { useMaskingPolicies, useMaskingProgress } from '../../../api/masking-queries.js'
import { mayProposeMasking } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Button } from '../../../ui/Button.js'
import { Segments } from '../../../ui/fields.js'
import { Panel } from '../../../ui/Panel.js'
import { useCommands, type Command } from '../../shell/commands.js'
import { LoadedPanel } from '../LoadedPanel.js'
import { DiffPanel, type Compared } from './DiffPanel.js'
import { InForcePanel } from './InForcePanel.js'
import { ProposeDialog } from './ProposeDialog.js'
import { BuiltIn, Version } from './Version.js'
import { inForceOf, isShown, isWaiting, keyOf, type Shown } from './versions.js'

/** What masks the study, which versions there are and who signed them, how two differ, and the way to a newer one. */
export function PoliciesPart({ study }: { study: StudyView }) {
  const policies = useMaskingPolicies(study.id)
  return (
    <LoadedPanel of={policies} rows={10}>
      {(list) => <Policies study={study} list={list} />}
    </LoadedPanel>
  )
}

function Policies({ study, list }: { study: StudyView; list: MaskingPolicyList }) {
  const may = mayProposeMasking(useMe())
  const [proposing, propose] = useState(false)
  const [shown, show] = useState<Shown>('all')
  const inForce = inForceOf(list)
  const current = inForce === null ? '' : keyOf(inForce)
  const waiting = list.versions.filter(isWaiting)
  // The next right thing is then with what stopped it.
  const stopped = useMaskingProgress(study.id).data?.state === 'failed'
  const [compared, compare] = useState<Compared>(() => compareFirst(list))
  const commands = useMemo<Command[]>(
    () =>
      may ? [{ id: 'propose-masking', group: 'Commands', name: 'Propose a masking policy', icon: FileUp, run: () => propose(true) }] : [],
    [may],
  )
  useCommands(commands)
  const versions = list.versions.filter((version) => isShown(version, shown))
  return (
    <>
      <InForcePanel study={study} list={list} />
      <Panel
        title="Versions"
        note={
          <Segments
            label="Versions"
            value={shown}
            choices={[
              { id: 'all', label: 'All' },
              { id: 'waiting', label: `In review ${waiting.length}` },
              { id: 'active', label: 'Active' },
              { id: 'past', label: 'Past' },
            ]}
            onChange={show}
          />
        }
        actions={
          may && (
            <Button icon={FileUp} look={waiting.length === 0 && !stopped ? 'primary' : 'default'} onPress={() => propose(true)}>
              Propose a policy
            </Button>
          )
        }
      >
        {versions.map((version) => (
          <Version
            key={version.id}
            version={version}
            shown={compared.after === keyOf({ id: version.id })}
            show={() => compare({ before: current, after: keyOf({ id: version.id }) })}
          />
        ))}
        {shown === 'all' ? (
          list.builtIn.map((policy) => (
            <BuiltIn
              key={policy.name}
              policy={policy}
              active={policy.name === current}
              shown={compared.after === policy.name}
              show={() => compare({ before: current, after: policy.name })}
            />
          ))
        ) : versions.length === 0 ? (
          <p className="version sub">No version of {study.id} is so.</p>
        ) : null}
      </Panel>
      <DiffPanel list={list} compared={compared} compare={compare} />
      {proposing && (
        <ProposeDialog
          study={study}
          inForce={inForce}
          onClose={() => propose(false)}
          proposed={(id) => {
            show('all')
            compare({ before: current, after: keyOf({ id }) })
          }}
        />
      )}
    </>
  )
}

/** What waits for signatures against what is in force; else what else there is to choose. */
function compareFirst(list: MaskingPolicyList): Compared {
  const inForce = inForceOf(list)
  const current = inForce === null ? (list.builtIn[0]?.name ?? '') : keyOf(inForce)
  const waiting = list.versions.find(isWaiting)
  if (waiting !== undefined) return { before: current, after: keyOf({ id: waiting.id }) }
  return { before: list.builtIn.find(({ name }) => name !== current)?.name ?? current, after: current }
}
