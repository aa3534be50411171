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

/** A key without Ctrl and Alt would otherwise be text: WCAG 2.1.4 wants such keys to be put away. */
export const isLetter = ({ ctrl, alt, key }: Stroke): boolean => !ctrl && !alt && key.length === 1

const storageKey = 'aquifer.letter-keys'
export const lettersAreKeys = (): boolean => localStorage.getItem(storageKey) !== 'off'
export function setLettersAsKeys(on: boolean): void {
  if (on) localStorage.removeItem(storageKey)
  else localStorage.setItem(storageKey, 'off')
}
