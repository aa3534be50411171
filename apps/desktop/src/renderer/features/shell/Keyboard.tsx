import { useEffect, useRef } from 'react'
import { useSessionState } from '../../api/SessionProvider.js'
import { useRegistry, type Command } from './commands.js'
import { isLetter, lettersAreKeys, strokeOf, Strokes, strokesOf, type Bound } from './keys.js'
import { allKeys } from './own-keys.js'

const isTyping = (target: HTMLElement): boolean =>
  target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('.monaco-editor') !== null
/** These have letters of their own: the first of an entry's name. */
const hasLetters = (target: HTMLElement): boolean => target.closest('[role="menu"], [role="listbox"], [role="dialog"]') !== null

const boundOf = (commands: readonly Command[]): Bound<Command>[] =>
  commands.flatMap((what) => allKeys(what).map((keys) => ({ what, strokes: strokesOf(keys) })))

/** Runs commands by their keys. Captured, because the editor knows some of them as its own. */
export function Keyboard() {
  const { commands } = useRegistry()
  const { status } = useSessionState()
  const latest = useRef<Bound<Command>[]>([])
  useEffect(() => {
    latest.current = status === 'locked' ? [] : boundOf(commands)
  })
  useEffect(() => {
    const strokes = new Strokes()
    const onKey = (event: KeyboardEvent) => {
      const target = event.target
      if (!(target instanceof HTMLElement) || event.isComposing || /^(Control|Shift|Alt|Meta)$/.test(event.key)) return
      if (target.closest('[data-records-keys]') !== null) return
      const stroke = strokeOf(event)
      if (isLetter(stroke)) {
        if (!lettersAreKeys() && target.id.startsWith('cell-')) event.stopPropagation()
        if (isTyping(target) || hasLetters(target) || !lettersAreKeys()) return
      }
      const found = strokes.made(latest.current, stroke, event.timeStamp)
      // Within a dialog only what was begun before it opened goes on.
      if (found === null || (target.closest('[role="dialog"]') !== null && found.strokes.length < 2)) return
      event.preventDefault()
      event.stopPropagation()
      found.what.run()
    }
    addEventListener('keydown', onKey, { capture: true })
    return () => removeEventListener('keydown', onKey, { capture: true })
  }, [])
  return null
}
