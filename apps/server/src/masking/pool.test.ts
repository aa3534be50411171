import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtInPolicies } from '@aquifer/core/masking'
import { programPath } from '../storage/program.js'
import { maskStream, openMaskingPool, type MaskingPool, type MaskingSettings } from './index.js'

const safeHarbor = builtInPolicies['safe-harbor']!
const settings = (key: string, policy = safeHarbor): MaskingSettings => ({
  policy,
  key: Buffer.from(key.padEnd(32)),
  asOfYear: 2026,
})
const bytesOf = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''))
const observation = (index: number): object => ({
  resourceType: 'Observation',
  id: `o${index}`,
  status: 'final',
  comments: `Jane ${index}`,
  subject: { reference: `Patient/p${index % 50}` },
  effectiveDateTime: '2010-05-06',
})
const row = (index: number): string =>
  JSON.stringify({
    type: 'Observation',
    id: `o${index}`,
    v: 1,
    op: 'C',
    at: 0,
    patient: `p${index % 50}`,
    site: null,
    resource: observation(index),
  })

let pool: MaskingPool
beforeAll(() => {
  // Threads run compiled code: `npm test` builds first.
  expect(existsSync(programPath('masking/worker'))).toBe(true)
  pool = openMaskingPool({ threads: 2 })
})
afterAll(() => pool.close())

async function rowsOf(bytes: Uint8Array, masking: MaskingSettings): Promise<{ _id: string; patient_key: string; _date: string }[]> {
  const study = pool.forStudy(masking)
  const { byType } = await study.mask(bytes)
  study.close()
  return Buffer.from(byType.get('Observation') ?? [])
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as never)
}

describe('the pool', () => {
  test('takes and gives bytes, for several studies at once, each under its own key and policy', async () => {
    const lines = Array.from({ length: 400 }, (_, index) => row(index))
    const [first, again, other, expert] = await Promise.all([
      rowsOf(bytesOf(lines), settings('a')),
      rowsOf(bytesOf(lines), settings('a')),
      rowsOf(bytesOf(lines), settings('b')),
      rowsOf(bytesOf(lines), settings('a', builtInPolicies['expert'])),
    ])
    expect(first).toHaveLength(400)
    expect(again).toEqual(first)
    expect(new Set(first.map((each) => each._id)).size).toBe(400)
    expect(new Set(first.map((each) => each.patient_key)).size).toBe(50)
    expect(other.some((each) => first.some((mine) => mine._id === each._id || mine.patient_key === each.patient_key))).toBe(false)
    expect(expert.map((each) => each._id)).toEqual(first.map((each) => each._id))
    expect(first.every((each) => each._date === '2010')).toBe(true)
    expect(expert.every((each) => /^\d{4}-\d\d-\d\d$/.test(each._date))).toBe(true)
    expect(JSON.stringify(first)).not.toContain('Jane')
  })

  test('holds what it cannot read and goes on', async () => {
    const study = pool.forStudy(settings('a'))
    const { held, rows, removed } = await study.mask(bytesOf([row(1), '{"broken', row(2)]))
    expect(held).toMatchObject([{ type: 'Resource', id: null, version: 0, reason: 'unreadable' }])
    expect(rows).toBe(2)
    expect(removed.identifying).toBeGreaterThan(0)
  })

  test('refuses work when closed', async () => {
    const closed = openMaskingPool({ threads: 1 })
    const study = closed.forStudy(settings('a'))
    await study.mask(bytesOf([row(1)]))
    await closed.close()
    await expect(study.mask(bytesOf([row(1)]))).rejects.toThrow('closed')
  })
})

describe('a stream', () => {
  class Sink extends Writable {
    readonly chunks: Buffer[] = []
    override _write(chunk: Buffer, _: string, done: () => void): void {
      this.chunks.push(chunk)
      setImmediate(done)
    }
    lines(): string[] {
      return Buffer.concat(this.chunks)
        .toString()
        .split('\n')
        .filter((line) => line !== '')
    }
  }
  async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }

  test('keeps the order and tells lines by number, in threads as in one piece', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) =>
      index % 1000 === 999 ? `{"nr":${index}` : JSON.stringify(observation(index)),
    )
    const bytes = bytesOf(lines)
    expect(bytes.length).toBeGreaterThan(4_000_000)
    const sink = new Sink()
    const held: number[] = []
    const summary = await maskStream(inPieces(bytes, 65_536), sink, settings('a'), { threads: 2, onHeld: ({ line }) => held.push(line) })
    expect(summary).toMatchObject({ resources: 30_000, held: 30, heldInside: 0 })
    expect(held).toEqual(Array.from({ length: 30 }, (_, index) => (index + 1) * 1000))
    const out = sink.lines()
    expect(out).toHaveLength(29_970)
    const inOnePiece = new Sink()
    await maskStream(inPieces(bytesOf(lines.slice(0, 5000)), 1000), inOnePiece, settings('a'), { threads: 2, onHeld: () => undefined })
    const digest = (texts: readonly string[]): string => createHash('sha256').update(texts.join('\n')).digest('hex')
    expect(digest(inOnePiece.lines())).toBe(digest(out.slice(0, 4995)))
  })

  test('reads blank lines, carriage returns, a byte order mark and a last line without an end', async () => {
    const sink = new Sink()
    const text = `﻿{"resourceType":"Patient","active":true}\r\n\r\n{"resourceType":"Patient","active":false}`
    const summary = await maskStream(inPieces(new TextEncoder().encode(text), 7), sink, settings('a'), {
      threads: 1,
      onHeld: () => undefined,
    })
    expect(summary).toMatchObject({ resources: 2, held: 0 })
    expect(sink.lines()).toEqual(['{"resourceType":"Patient","active":true}', '{"resourceType":"Patient","active":false}'])
  })
})
