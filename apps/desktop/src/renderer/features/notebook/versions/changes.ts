import { diffWordsWithSpace } from 'diff'
import type { Cell, Page } from '../model.js'

export interface Word {
  text: string
  change: 'same' | 'added' | 'removed'
}
export interface CellChange {
  id: string
  kind: Cell['kind']
  name: string
  change: 'same' | 'changed' | 'added' | 'removed' | 'moved'
  words: Word[]
}

/** A cell in words: its text, else what its form holds, so that every kind is compared the same way. */
export function wordsOf(cell: Cell): string {
  const held = cell.chart ?? cell.parameter ?? cell.statistics ?? cell.cohort
  const form = held === undefined ? '' : lines(held)
  return [cell.source, form].filter(Boolean).join('\n')
}

function lines(held: object): string {
  return Object.entries(held)
    .filter(([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('\n')
}

/** What became of each cell between two versions, in the order of the newer; removed ones stand where they stood. */
export function changesBetween(older: Page, newer: Page): CellChange[] {
  const before = new Map(older.cells.map((cell, at) => [cell.id, { cell, at }]))
  const kept = newer.cells.filter((cell) => before.has(cell.id))
  const stayed = inOrder(kept.map((cell) => before.get(cell.id)!.at))
  const changes = newer.cells.map((cell): CellChange => {
    const old = before.get(cell.id)?.cell
    const about = { id: cell.id, kind: cell.kind, name: cell.name }
    if (old === undefined) return { ...about, change: 'added', words: [{ text: wordsOf(cell), change: 'added' }] }
    const words = wordsBetween(named(old, cell), named(cell, old))
    if (words.some((word) => word.change !== 'same')) return { ...about, change: 'changed', words }
    return { ...about, change: stayed.has(before.get(cell.id)!.at) ? 'same' : 'moved', words }
  })
  const now = new Set(newer.cells.map((cell) => cell.id))
  for (const [at, cell] of older.cells.entries()) {
    if (now.has(cell.id)) continue
    const follows = older.cells.slice(0, at).findLast((other) => changes.some((change) => change.id === other.id))
    const place = follows === undefined ? 0 : changes.findIndex((change) => change.id === follows.id) + 1
    changes.splice(place, 0, {
      id: cell.id,
      kind: cell.kind,
      name: cell.name,
      change: 'removed',
      words: [{ text: wordsOf(cell), change: 'removed' }],
    })
  }
  return changes
}

/** A name counts as a word of the cell where it changed. */
const named = (cell: Cell, other: Cell) => (cell.name === other.name ? wordsOf(cell) : `${cell.name}\n${wordsOf(cell)}`)

function wordsBetween(older: string, newer: string): Word[] {
  return diffWordsWithSpace(older, newer).map((part) => ({
    text: part.value,
    change: part.added ? 'added' : part.removed ? 'removed' : 'same',
  }))
}

/** Of places that moved against each other the longest run that kept its order: those did not move, the others did. */
function inOrder(places: readonly number[]): Set<number> {
  const best: number[][] = []
  for (const [at, place] of places.entries()) {
    const before = best.slice(0, at).filter((run) => run.at(-1)! < place)
    best.push([...before.reduce<number[]>((longest, run) => (run.length > longest.length ? run : longest), []), place])
  }
  return new Set(best.reduce<number[]>((longest, run) => (run.length > longest.length ? run : longest), []))
}
