import { CircleCheck, OctagonX, ShieldCheck, Snowflake, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import type { CutView } from '@aquifer/core/contract'
import { useProof } from '../../api/cut-queries.js'
import { getsCountsOnly, mayAsk, mayMakeCuts } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { Button, IconButton } from '../../ui/Button.js'
import { CopyButton } from '../../ui/CopyButton.js'
import { clockSeconds, count, day } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { blank, useCreateNotebook } from '../notebook/useCreateNotebook.js'
import { CutState } from './CutState.js'
import { RetireDialog } from './dialogs.js'

const instant = (at: string): string => `${day(at)} ${clockSeconds(at)}`

/** One cut: who answers for it, what is in it, who was taken out, and what can be done with it. */
export function CutDrawer({ cut, onClose }: { cut: CutView; onClose(): void }) {
  const signed = cut.signature
  const facts: [string, string][] = [
    ['What it is for', cut.reason],
    ['Signed by', signed === null ? 'nobody' : `${signed.name} (${signed.signer}), ${signed.meaning}, ${instant(signed.at)}`],
    ['Data of', instant(cut.snapshot)],
    ['Masked by', `${cut.maskingPolicy}, consent epoch ${cut.consentEpoch}`],
    [
      'Rows now',
      Object.entries(cut.rows)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([type, rows]) => `${type} ${count(rows)}`)
        .join(', ') || 'none',
    ],
    ['SHA-256 of what was signed', cut.sha256],
  ]
  return (
    <aside className="cuts-drawer" aria-label={`Data cut ${cut.name}`}>
      <header className="row">
        <h3>{cut.name}</h3>
        <CutState cut={cut} />
        <IconButton label="Close" icon={X} className="end" onPress={onClose} />
      </header>
      <Actions cut={cut} />
      {cut.retired !== null && (
        <p className="notice">
          Retired {instant(cut.retired.at)} by {cut.retired.by}: {cut.retired.reason}
        </p>
      )}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="sub">{name}</dt>
            <dd className={name.startsWith('SHA') ? 'mono' : ''}>{value}</dd>
          </div>
        ))}
        <div>
          <dt className="sub">Withdrawals since</dt>
          <dd>
            {cut.removals.length === 0 ? (
              'none that this study’s kind takes out of a cut'
            ) : (
              <ul>
                {cut.removals.map(({ at, act, rows }) => (
                  <li key={`${at}${act}`}>
                    {instant(at)}, {act}: {count(rows)} rows out, sealed anew
                  </li>
                ))}
              </ul>
            )}
          </dd>
        </div>
      </dl>
    </aside>
  )
}

function Actions({ cut }: { cut: CutView }) {
  const me = useMe()
  const { create, busy } = useCreateNotebook(cut.study)
  const [retires, retire] = useState(false)
  const proof = useProof(cut.study, cut.name)
  const whole = proof.data?.whole
  if (cut.state === 'retired') return null
  return (
    <>
      <div className="row cuts-actions">
        {mayAsk(me) && (
          <Button icon={Snowflake} isDisabled={busy} onPress={() => create({ ...blank(getsCountsOnly(me)), cut: cut.name })}>
            New notebook on it
          </Button>
        )}
        <Button icon={ShieldCheck} isDisabled={proof.isPending} onPress={() => proof.mutate()}>
          {proof.isPending ? 'Reading every file' : 'Prove'}
        </Button>
        <CopyButton
          text={`Aquifer data cut ${cut.study}/${cut.name}, data of ${cut.snapshot}, SHA-256 ${cut.sha256}`}
          label="Copy citation"
        />
        {mayMakeCuts(me) && (
          <Button icon={Trash2} onPress={() => retire(true)}>
            Retire
          </Button>
        )}
      </div>
      {proof.error !== null && <p className="notice bad">It could not be read. Try again.</p>}
      {proof.data !== undefined && (
        <p role="status" className={whole === true ? 'notice info' : 'notice bad'}>
          <Icon of={whole === true ? CircleCheck : OctagonX} />
          {whole === true
            ? 'Every file has the bytes that were sealed.'
            : 'A file has other bytes than were sealed: tell the security officer.'}
        </p>
      )}
      {retires && <RetireDialog cut={cut} onClose={() => retire(false)} />}
    </>
  )
}
