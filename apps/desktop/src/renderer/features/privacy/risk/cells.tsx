import { countWords, isHidden, shareWords } from './figures.js'

/** A number, or the mark that stands for one too small to be told. */
export function Cell({ value }: { value: number | string | null }) {
  return (
    <td className="n" data-suppressed={isHidden(value) || undefined}>
      {countWords(value)}
    </td>
  )
}
export function Share({ value }: { value: number | null }) {
  return (
    <td className="n" data-suppressed={value === null || undefined}>
      {shareWords(value)}
    </td>
  )
}
