import type { Problem } from '@aquifer/core/contract'

export type ProblemBody = Partial<Problem>

/** What went wrong with one request: the server could not be reached, it refused, or its answer is not understood. */
export class ApiFailure extends Error {
  readonly kind: 'offline' | 'refused' | 'unexpected'
  readonly status: number
  readonly problem: ProblemBody
  readonly correlation: string | undefined

  constructor(kind: ApiFailure['kind'], status: number, problem: ProblemBody, correlation?: string) {
    super(problem.title ?? kind)
    this.kind = kind
    this.status = status
    this.problem = problem
    this.correlation = correlation ?? problem.correlationId
  }
}

export interface Explanation {
  tone: 'bad' | 'denied' | 'idle'
  what: string
  why: string
  /** The next step, when trying again is one. */
  retry: boolean
  reference: string | undefined
}

/** What happened, why, and whether trying again helps: in the words of the screens. */
export function explain(error: unknown): Explanation {
  if (!(error instanceof ApiFailure)) {
    return {
      tone: 'bad',
      what: 'This page met a fault of its own',
      why: 'Reload the page. Your work on the server is safe.',
      retry: true,
      reference: undefined,
    }
  }
  const { problem, status } = error
  const reference = [status > 0 && String(status), problem.code, error.correlation && `correlation ${error.correlation}`]
    .filter(Boolean)
    .join(', ')
  const say = (what: string, why: string, retry: boolean, tone: Explanation['tone'] = 'bad'): Explanation => ({
    tone,
    what,
    why: [problem.detail ?? why, problem.remedy].filter(Boolean).join(' '),
    retry,
    reference: reference || undefined,
  })
  if (error.kind === 'offline' || problem.code === 'server-unreachable') {
    return {
      tone: 'idle',
      what: 'The server does not answer',
      why: 'Your edits are kept here. It is asked again every few seconds.',
      retry: true,
      reference: undefined,
    }
  }
  if (error.kind === 'unexpected') {
    return say(
      'The server answered in a form this workbench does not know',
      'Workbench and server are of different versions. Update the older one.',
      true,
    )
  }
  // Asked again who one is, at a signature: the account is known, so only the password can be wrong.
  if (problem.code === 'sign-in-failed')
    return { ...say('That was not the password', '', false), why: 'Five failures lock the account for 15 minutes.' }
  if (status === 401) return say('The session ended', 'Sign in again; your work stays.', false)
  if (status === 403) return say('Your role does not open this', 'Ask the study manager for the grant.', false, 'denied')
  if (status === 404) return say('Nothing here', 'It was deleted, or it lies outside your studies.', false, 'idle')
  if (status === 429) return say('Too many requests at once', 'Wait a moment.', true)
  if (status >= 500) return say(problem.title ?? 'The server could not finish this', 'Nothing was changed.', true)
  return say(problem.title ?? 'The server refused this', '', true)
}
