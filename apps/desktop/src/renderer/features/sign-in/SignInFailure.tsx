import { CircleX, WifiOff } from 'lucide-react'
import { ApiFailure, explain } from '../../api/failure.js'
import { Icon } from '../../ui/Icon.js'

export function SignInFailure({ error }: { error: unknown }) {
  const wrong = error instanceof ApiFailure && error.status === 401
  const told = explain(error)
  const offline = told.tone === 'idle'
  return (
    <p role="alert" className={`notice sign-in-failure ${offline ? 'idle' : 'bad'}`}>
      <Icon of={offline ? WifiOff : CircleX} />
      <span>
        {wrong
          ? 'User and password do not fit. Capitals count.'
          : offline
            ? 'The server does not answer. Is it running?'
            : `${told.what}. ${told.why}`}
      </span>
    </p>
  )
}
