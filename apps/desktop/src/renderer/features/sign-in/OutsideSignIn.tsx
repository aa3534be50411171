import { IdCard } from 'lucide-react'
import { useEffect, useState } from 'react'
import { signInWays, type SignInWays } from '@aquifer/core/contract'
import { leaveFor } from '../../api/outside-sign-in.js'
import { useApi } from '../../api/SessionProvider.js'
import { Button } from '../../ui/Button.js'
import { TextField } from '../../ui/fields.js'

/** How people sign in here; null until the server said so. */
export function useSignInWays(): SignInWays | null {
  const api = useApi()
  const [ways, setWays] = useState<SignInWays | null>(null)
  useEffect(() => {
    // Without an answer the form is shown, and says what is wrong when it is sent.
    void api.json('/identity/api/v1/sign-in', signInWays).then(setWays, () => undefined)
  }, [api])
  return ways
}

/** Where another organisation's provider signs people in: this page only sends them there. */
export function OutsideSignIn({ provider }: { provider: SignInWays['provider'] }) {
  const [purpose, setPurpose] = useState('analysis')
  if (provider === null) return <p role="alert">The OpenID provider cannot be reached.</p>
  const { host } = new URL(provider.issuer)
  // The desktop program lives under a scheme of its own that a provider cannot lead back to.
  if (window.aquifer) return <p>People of this server sign in at {host}: open the server’s address in a browser.</p>
  const leave = () =>
    void leaveFor(provider, purpose.trim() || 'analysis', sessionStorage, location.origin).then((address) => location.assign(address))
  return (
    <>
      <TextField
        large
        label="What brings you here"
        icon={IdCard}
        value={purpose}
        onChange={setPurpose}
        autoComplete="off"
        note="Kept in the audit trail beside every query of this session."
      />
      <Button look="primary" size="large" className="wide" onPress={leave}>
        Sign in at {host}
      </Button>
    </>
  )
}
