import { CircleX, FileCheck, FileText, ScrollText } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import type { MaskingPolicyVersion } from '@aquifer/core/contract'
import { useRejectMaskingPolicy, useSignMaskingPolicy } from '../../../api/masking-queries.js'
import { maySignMasking, roleWords } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Badge, type BadgeKind } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { clock, day, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { SignatureDialog } from '../../signature/SignatureDialog.js'
import { ReasonDialog } from '../ReasonDialog.js'
import { isWaiting } from './versions.js'

const states: Record<MaskingPolicyVersion['state'], { kind: BadgeKind; words: string }> = {
  proposed: { kind: 'proposed', words: 'Proposed' },
  'in-review': { kind: 'proposed', words: 'In review' },
  active: { kind: 'active', words: 'Active' },
  retired: { kind: 'expired', words: 'Retired' },
  rejected: { kind: 'declined', words: 'Rejected' },
}

export function Version({ version, shown, show }: { version: MaskingPolicyVersion; shown: boolean; show(): void }) {
  const me = useMe()
  const [asking, ask] = useState<'sign' | 'reject' | null>(null)
  const { state, changes } = version
  const signed = version.signatures.some(({ signer }) => signer === me.user)
  return (
    <article className="version" data-selected={shown || undefined} aria-label={version.label}>
      <span className="version-number">
        <Icon of={FileText} size={16} className="ink-3" />
      </span>
      <div className="grow">
        <p className="row">
          <span className="medium">{version.label}</span>
          <Badge kind={states[state].kind}>{states[state].words}</Badge>
          {!version.genuine && <Badge kind="failed">not what was proposed</Badge>}
          <span className="sub num cut">{cameBy(version)}</span>
        </p>
        <Signers version={version} />
        <p className="sub">
          <span className="mono">SHA-256 {version.sha256.slice(0, 16)}…</span>
          {state !== 'active' && `, ${plural(changes.length, 'change')} against the policy in force`}
          {version.reason !== null && `, because: ${version.reason}`}
          {version.accepts.length > 0 && ', accepts that a live study shows the shift of dates'}
        </p>
      </div>
      <Button look={shown ? 'quiet' : 'default'} aria-pressed={shown} onPress={show}>
        {shown ? 'Compared below' : 'Compare'}
      </Button>
      {isWaiting(version) && maySignMasking(me) && (
        <>
          <Button look="quiet" icon={CircleX} onPress={() => ask('reject')}>
            Reject
          </Button>
          <Button look="primary" isDisabled={signed || !version.genuine} onPress={() => ask('sign')}>
            {signed ? 'You have signed' : 'Sign'}
          </Button>
        </>
      )}
      {asking === 'sign' && <Sign version={version} onClose={() => ask(null)} />}
      {asking === 'reject' && <Reject version={version} onClose={() => ask(null)} />}
    </article>
  )
}

function cameBy({ initial, proposedAt, proposedBy, activatedAt, retiredAt }: MaskingPolicyVersion): string {
  const came = initial ? `the study began with it on ${day(proposedAt)}` : `proposed ${day(proposedAt)} by ${proposedBy}`
  const since = activatedAt === null || initial ? '' : `, active since ${day(activatedAt)}`
  return `${came}${since}${retiredAt === null ? '' : `, retired ${day(retiredAt)}`}`
}

function Signers({ version }: { version: MaskingPolicyVersion }) {
  const missing = version.signaturesNeeded - version.signatures.length
  return (
    <ul className="signers">
      {version.signatures.map((each) => (
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
      {version.rejected && (
        <li className="row">
          <Icon of={CircleX} className="mark-bad" />
          <span className="ink-2">
            rejected {day(version.rejected.at)} by {version.rejected.by}: {version.rejected.reason}
          </span>
        </li>
      )}
      {isWaiting(version) && (
        <li className="sub">{missing > 1 ? `${missing} signatures are needed.` : 'One more signature, by somebody else, activates it.'}</li>
      )}
    </ul>
  )
}

function Sign({ version, onClose }: { version: MaskingPolicyVersion; onClose(): void }) {
  const sign = useSignMaskingPolicy()
  const last = version.signatures.length + 1 >= version.signaturesNeeded
  return (
    <SignatureDialog
      title={`Sign ${version.label}`}
      lead={
        last
          ? 'Yours is the last signature: the policy is active with it, and what is stored is masked anew. Until that is done, analysts see what they see now.'
          : 'Yours is the first signature. The policy counts when somebody else has signed it, too.'
      }
      submit={last ? 'Sign and activate' : 'Sign'}
      changes={`${plural(version.changes.length, 'change')} against the policy in force in ${version.study}`}
      sha256={version.sha256}
      busy={sign.isPending}
      error={sign.error}
      onClose={onClose}
      sign={(signing, refused) =>
        sign.mutate(
          { id: version.id, ...signing },
          {
            onSuccess: ({ state }) => {
              onClose()
              toast.success(state === 'active' ? `${version.label} is active` : `You have signed ${version.label}`)
            },
            onError: refused,
          },
        )
      }
    />
  )
}

function Reject({ version, onClose }: { version: MaskingPolicyVersion; onClose(): void }) {
  const reject = useRejectMaskingPolicy()
  return (
    <ReasonDialog
      title={`Reject ${version.label}`}
      lead="It can no longer be signed. To try again, propose a higher version."
      submit="Reject 1 version"
      look="danger"
      rule="short"
      busy={reject.isPending}
      error={reject.error}
      onClose={onClose}
      onSubmit={(reason) => reject.mutate({ id: version.id, reason }, { onSuccess: onClose })}
    />
  )
}

export function BuiltIn({
  policy,
  active,
  shown,
  show,
}: {
  policy: { name: string; label: string }
  active: boolean
  shown: boolean
  show(): void
}) {
  return (
    <article className="version" data-selected={shown || undefined} aria-label={policy.label}>
      <span className="version-number">
        <Icon of={ScrollText} size={16} className="ink-3" />
      </span>
      <div className="grow">
        <p className="row">
          <span className="medium">{policy.label}</span>
          {active && <Badge kind="active">Active</Badge>}
          <span className="sub">built in, needs no signature</span>
        </p>
      </div>
      <Button look={shown ? 'quiet' : 'default'} aria-pressed={shown} onPress={show}>
        {shown ? 'Compared below' : 'Compare'}
      </Button>
    </article>
  )
}
