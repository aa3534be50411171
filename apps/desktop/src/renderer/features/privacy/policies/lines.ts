/** From where to where a line of a text is, counted from 1; the last one for what lies beyond. */
export function lineOf(text: string, line: number): { start: number; end: number } {
  const lines = text.split('\n')
  const at = Math.min(Math.max(line, 1), lines.length) - 1
  const start = lines.slice(0, at).reduce((sum, each) => sum + each.length + 1, 0)
  return { start, end: start + (lines[at] ?? '').length }
}
