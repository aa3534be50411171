import type { MaskingProgress } from '@aquifer/core/contract'
import { count, plural } from '../../../ui/format.js'

export interface Told {
  state: 'untrusted' | 'empty' | 'blocked' | 'failed' | 'turning' | 'current'
  what: string
  why: string
}

// How the masking stage names that the gate stopped it.
const gateMark = /^LeakFound: /

/** How masking stands, in words: what is in force, what analysts see, and why it does not go on. */
export function tellOf(progress: MaskingProgress | null, label: string | null): Told {
  if (label === null)
    return {
      state: 'untrusted',
      what: 'Nothing is masked',
      why: 'The policy that the study names cannot be trusted. Have two people sign another.',
    }
  if (progress === null || progress.state === 'empty')
    return { state: 'empty', what: `${label} is in force`, why: 'Nothing of this study has been masked yet.' }
  if (progress.state === 'failed') return tellFailed(progress.reason)
  if (progress.state === 'masking-anew')
    return {
      state: 'turning',
      what: `Masking anew under ${progress.next?.policy ?? label}, ${count(progress.done)} of ${count(progress.total)}`,
      why: `Beside what is shown: analysts see ${progress.shown?.policy ?? 'nothing'} until all of it is done, never a mixture.`,
    }
  return {
    state: 'current',
    what: `${label} is in force`,
    why: `All ${plural(progress.total, 'version')} of resources that analysts see were made by it.`,
  }
}

function tellFailed(reason: string | null): Told {
  const stays = 'Analysts stay on the last good snapshot.'
  if (reason !== null && gateMark.test(reason))
    return { state: 'blocked', what: 'The leak gate stopped publication', why: `It found: ${reason.replace(gateMark, '')}. ${stays}` }
  return { state: 'failed', what: 'Masking does not go on', why: `${reason ?? 'The reason is in the server’s log'}. ${stays}` }
}
