/** One stroke: `Ctrl Shift P`, `F1`, `G`. On a Mac Ctrl stands for the command key. */
export interface Stroke {
  ctrl: boolean
  shift: boolean
  alt: boolean
  key: string
}

const modifiers = new Set(['Ctrl', 'Shift', 'Alt'])

/** `Ctrl K Ctrl S` are two strokes, `G H` are two, `Ctrl Shift P` is one: a stroke ends with what is no modifier. */
export function strokesOf(keys: string): Stroke[] {
  const strokes: Stroke[] = []
  let held: string[] = []
  for (const word of keys.split(' ').filter(Boolean)) {
    held.push(word)
    if (modifiers.has(word)) continue
    strokes.push({ ctrl: held.includes('Ctrl'), shift: held.includes('Shift'), alt: held.includes('Alt'), key: word.toLowerCase() })
    held = []
  }
  return strokes
}

export function strokeOf(event: Pick<KeyboardEvent, 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'key' | 'code'>): Stroke {
  const letter = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1]
  // With Alt or Shift held a key writes another character on many layouts; its place says what was meant.
  const key =
    (event.altKey || event.shiftKey) && letter !== undefined ? letter : event.code === 'Backslash' && event.shiftKey ? '\\' : event.key
  return { ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey, alt: event.altKey, key: key.toLowerCase() }
}

export const sameStroke = (a: Stroke, b: Stroke): boolean => a.key === b.key && a.ctrl === b.ctrl && a.shift === b.shift && a.alt === b.alt

export interface Bound<T> {
  strokes: Stroke[]
  what: T
}

const sequenceMs = 2500

/** Follows strokes that belong together: `Ctrl K` waits for what comes next, and stands for itself where nothing does. */
export class Strokes {
  #begun: { strokes: Stroke[]; at: number } = { strokes: [], at: 0 }

  made<T>(bound: readonly Bound<T>[], stroke: Stroke, at: number): Bound<T> | null {
    const before = at - this.#begun.at < sequenceMs ? this.#begun.strokes : []
    const found = matching(bound, [...before, stroke]) ?? (before.length > 0 ? matching(bound, [stroke]) : null)
    const opens = bound.some(({ strokes }) => strokes.length > 1 && sameStroke(strokes[0]!, stroke))
    // What ended a sequence does not begin the next.
    this.#begun = { strokes: opens && (found === null || found.strokes.length === 1) ? [stroke] : [], at }
    return found
  }
}

const matching = <T>(bound: readonly Bound<T>[], made: readonly Stroke[]): Bound<T> | null =>
  bound.find(({ strokes }) => strokes.length === made.length && strokes.every((each, at) => sameStroke(each, made[at]!))) ?? null

/** As it is written in the table of commands. */
export const strokeText = ({ ctrl, alt, shift, key }: Stroke): string =>
  [ctrl && 'Ctrl', shift && 'Shift', alt && 'Alt', key.length === 1 ? key.toUpperCase() : (longNames[key] ?? key)].filter(Boolean).join(' ')
const longNames: Record<string, string> = {
  arrowup: 'ArrowUp',
  arrowdown: 'ArrowDown',
  arrowleft: 'ArrowLeft',
  arrowright: 'ArrowRight',
  pageup: 'PageUp',
  pagedown: 'PageDown',
  enter: 'Enter',
  delete: 'Delete',
  backspace: 'Backspace',
  home: 'Home',
  end: 'End',
  ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`f${at + 1}`, `F${at + 1}`])),
}

/** A key without Ctrl and Alt would otherwise be text: WCAG 2.1.4 wants such keys to be put away. */
export const isLetter = ({ ctrl, alt, key }: Stroke): boolean => !ctrl && !alt && key.length === 1

const storageKey = 'aquifer.letter-keys'
export const lettersAreKeys = (): boolean => localStorage.getItem(storageKey) !== 'off'
export function setLettersAsKeys(on: boolean): void {
  if (on) localStorage.removeItem(storageKey)
  else localStorage.setItem(storageKey, 'off')
}
