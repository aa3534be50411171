import { CircleX, WifiOff } from 'lucide-react'
import { ApiFailure, explain } from '../../api/failure.js'
import { Icon } from '../../ui/Icon.js'

/** `withCode`: what did not fit was a one-time code. */
export function SignInFailure({ error, withCode = false }: { error: unknown; withCode?: boolean }) {
  const wrong = error instanceof ApiFailure && error.status === 401
  const told = explain(error)
  const offline = told.tone === 'idle'
  return (
    <p role="alert" className={`notice sign-in-failure ${offline ? 'idle' : 'bad'}`}>
      <Icon of={offline ? WifiOff : CircleX} />
      <span>
        {wrong
          ? withCode
            ? 'The code does not fit this user, or it was used or is too old. An administrator gives a new one.'
            : 'User and password do not fit. Capitals count.'
          : offline
            ? 'The server does not answer. Is it running?'
            : `${told.what}. ${told.why}`}
      </span>
    </p>
  )
}
