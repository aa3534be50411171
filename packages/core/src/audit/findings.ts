/** What can be wrong with a trail, in the order an auditor wants to hear it. */
export const findingKinds = [
  'changed',
  'removed',
  'inserted',
  'moved',
  'foreign',
  'block-changed',
  'block-missing',
  'block-forged',
  'cut',
  'rewritten',
  'restored',
  'head-invalid',
  'file-changed',
] as const
export type FindingKind = (typeof findingKinds)[number]

/** One finding with its place: the record, its position in the chain, the block that holds or should hold it. */
export interface Finding {
  kind: FindingKind
  record: string | null
  position: number | null
  block: number | null
}

const words: Readonly<Record<FindingKind, string>> = {
  changed: 'The record is not what was sealed.',
  removed: 'The record was sealed and is gone.',
  inserted: 'The record lies among sealed ones and was never sealed.',
  moved: 'The record was sealed at another place of the order.',
  foreign: 'The record was not written by this server: it carries no mark of it, or that of another record.',
  'block-changed': 'The block, its links or its signature are not what was sealed.',
  'block-missing': 'A block of the chain is gone.',
  'block-forged': 'The block fits the chain and is not signed by the server’s key.',
  cut: 'The chain ends before a head that was kept outside: blocks were cut off or an older state was put back.',
  rewritten: 'The chain holds another block than a head that was kept outside.',
  restored: 'The database was restored: records before this place, up to a head that was kept outside, are not in the chain.',
  'head-invalid': 'The head that was kept outside is not signed by the server’s key.',
  'file-changed': 'The exported file is not what the server wrote.',
}

export const wordsOfFinding = (kind: FindingKind): string => words[kind]
