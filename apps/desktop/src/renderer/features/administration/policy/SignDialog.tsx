import { toast } from 'sonner'
import type { RolePolicyVersion } from '@aquifer/core/contract'
import { useSignPolicy } from '../../../api/access-queries.js'
import { plural } from '../../../ui/format.js'
import { SignatureDialog } from '../../signature/SignatureDialog.js'

export function SignDialog({ version, onClose }: { version: RolePolicyVersion; onClose(): void }) {
  const sign = useSignPolicy()
  const last = version.signatures.length > 0
  return (
    <SignatureDialog
      title={`Sign version ${version.version}, ${version.name}`}
      lead={
        last
          ? 'Yours is the second signature: the policy is in force with it, for the next request of everybody.'
          : 'Yours is the first signature. The policy counts when somebody else has signed it, too.'
      }
      submit={last ? 'Sign and put in force' : 'Sign'}
      changes={`${plural(version.changes.length, 'change')} against the policy in force`}
      sha256={version.sha256}
      busy={sign.isPending}
      error={sign.error}
      onClose={onClose}
      sign={(signing, refused) =>
        sign.mutate(
          { version: version.version, ...signing },
          {
            onSuccess: ({ state }) => {
              onClose()
              toast.success(state === 'in-force' ? `Version ${version.version} is in force` : `You have signed version ${version.version}`)
            },
            onError: refused,
          },
        )
      }
    />
  )
}
