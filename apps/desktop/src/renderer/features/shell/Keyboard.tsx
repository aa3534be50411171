import { useEffect, useRef } from 'react'
import { useSessionState } from '../../api/SessionProvider.js'
import { useRegistry, type Command } from './commands.js'
import { isLetter, lettersAreKeys, sameStroke, strokeOf, strokesOf, type Stroke } from './keys.js'

const sequenceMs = 2500

const isTyping = (target: HTMLElement): boolean =>
  target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('.monaco-editor') !== null
/** These have letters of their own: the first of an entry's name. */
const hasLetters = (target: HTMLElement): boolean => target.closest('[role="menu"], [role="listbox"], [role="dialog"]') !== null

interface Bound {
  command: Command
  strokes: Stroke[]
}
const boundOf = (commands: readonly Command[]): Bound[] =>
  commands.flatMap((command) => [command.keys ?? [], command.otherKeys ?? []].flat().map((keys) => ({ command, strokes: strokesOf(keys) })))

/** Runs commands by their keys. Captured, because the editor knows some of them as its own. */
export function Keyboard() {
  const { commands } = useRegistry()
  const { status } = useSessionState()
  const latest = useRef<Bound[]>([])
  useEffect(() => {
    latest.current = status === 'locked' ? [] : boundOf(commands)
  })
  useEffect(() => {
    let begun: { strokes: Stroke[]; at: number } = { strokes: [], at: 0 }
    const onKey = (event: KeyboardEvent) => {
      const target = event.target
      if (!(target instanceof HTMLElement) || event.isComposing || /^(Control|Shift|Alt|Meta)$/.test(event.key)) return
      const stroke = strokeOf(event)
      if (isLetter(stroke)) {
        if (!lettersAreKeys() && target.id.startsWith('cell-')) event.stopPropagation()
        if (isTyping(target) || hasLetters(target) || !lettersAreKeys()) return
      }
      const before = event.timeStamp - begun.at < sequenceMs ? begun.strokes : []
      const found = matching(latest.current, [...before, stroke]) ?? (before.length > 0 ? matching(latest.current, [stroke]) : null)
      const opens = latest.current.some(({ strokes }) => strokes.length > 1 && sameStroke(strokes[0]!, stroke))
      begun = { strokes: opens ? [stroke] : [], at: event.timeStamp }
      // Within a dialog only what was begun before it opened goes on.
      if (found === null || (target.closest('[role="dialog"]') !== null && found.strokes.length < 2)) return
      event.preventDefault()
      event.stopPropagation()
      found.command.run()
    }
    addEventListener('keydown', onKey, { capture: true })
    return () => removeEventListener('keydown', onKey, { capture: true })
  }, [])
  return null
}

const matching = (bound: readonly Bound[], made: readonly Stroke[]): Bound | null =>
  bound.find(({ strokes }) => strokes.length === made.length && strokes.every((each, at) => sameStroke(each, made[at]!))) ?? null
