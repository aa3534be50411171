import { readFileSync } from 'node:fs'

// A feed as the repository gives it, read from a file of change rows, so that a process that is killed has nothing else to lose.

const after = (row, cursor) => Number(row.xid) > Number(cursor.xid) || (row.xid === cursor.xid && Number(row.seq) > Number(cursor.seq))

export function feedOfFile(path, epoch = 'feed-of-file') {
  const rows = readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map((row) => ({ ...row, content: row.content === null ? null : Buffer.from(row.content) }))
  const end = { xid: String(Number(rows.at(-1)?.xid ?? 0) + 1), seq: '0' }
  return {
    changes(cursor, limit) {
      const found = rows.filter((row) => after(row, cursor)).slice(0, limit)
      const last = found.at(-1)
      const caughtUp = found.length < limit
      return Promise.resolve({ rows: found, cursor: caughtUp ? end : { xid: last.xid, seq: last.seq }, caughtUp })
    },
    feedState: () => Promise.resolve({ mark: end, oldestWriteMs: 0 }),
    onWrite: () => () => undefined,
    epoch: () => Promise.resolve(epoch),
  }
}
