import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { linesOf, notUtf8 } from './lines.js'

async function read(...chunks: (string | Uint8Array)[]): Promise<unknown[]> {
  const body = (async function* () {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  })()
  const lines: unknown[] = []
  for await (const line of linesOf(body)) lines.push('text' in line ? `${line.number}:${line.text}` : line.refusal)
  return lines
}

test('lines are numbered, blank ones skipped, and may be cut anywhere', async () => {
  expect(await read('{"a":1}\n\n{"b"', ':2}\r\n{"c":3}')).toEqual(['1:{"a":1}', '3:{"b":2}', '4:{"c":3}'])
  expect(await read('')).toEqual([])
})

test('a letter of several bytes may be cut between two chunks', async () => {
  const bytes = Buffer.from('{"name":"Żółw 山"}\n')
  const cut = bytes.indexOf('ó') + 1
  expect(await read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(['1:{"name":"Żółw 山"}'])
})

test('a line that is not UTF-8 is told, and costs no other line', async () => {
  const latin = Buffer.from('{"name":"Müller"}\n', 'latin1')
  expect(await read('{"a":1}\n', latin, '{"b":2}\n')).toEqual(['1:{"a":1}', `2:${notUtf8}`, '3:{"b":2}'])
  expect(await read(latin, '{"b":2}\n')).toEqual([`1:${notUtf8}`, '2:{"b":2}'])
})

test('a document over several lines is one line', async () => {
  expect(await read('{\n  "resourceType": "Bundle",\n', '  "entry": []\n}\n')).toEqual(['1:{\n"resourceType": "Bundle",\n"entry": []\n}\n'])
})

test('XML is one document, with its blanks; what is not UTF-8 in it spoils all of it', async () => {
  const xml = '<?xml version="1.0"?>\n<Patient xmlns="http://hl7.org/fhir">\r\n  <div>\n   a \n\n</div></Patient>'
  expect(await read(xml)).toEqual([`1:${xml}`])
  expect(await read(`\n${xml}\n`)).toEqual([`2:${xml}\n`])
  expect(await read('<Patient xmlns="http://hl7.org/fhir"/>')).toEqual(['1:<Patient xmlns="http://hl7.org/fhir"/>'])
  expect(await read('<Patient>\n', Buffer.from('Müller\n', 'latin1'), '</Patient>')).toEqual([`1:${notUtf8}`])
})

test('a document may begin after blank lines; a first line cut off is only that line', async () => {
  expect(await read('\n\r\n{\n"resourceType": "Patient"\n}\n')).toEqual(['3:{\n"resourceType": "Patient"\n}\n'])
  const next = '{"resourceType":"Patient"}'
  expect(await read(`{"resourceType":"Obs\n${next}\n${next}\n`)).toEqual(['1:{"resourceType":"Obs', `2:${next}`, `3:${next}`])
  expect(await read(`{"resourceType":"Obs\n${next}`)).toEqual(['1:{"resourceType":"Obs', `2:${next}`])
  expect(await read(`{"contained":[\n${next}\n]}`)).toHaveLength(1)
})

test('gzip is recognised, and a cut stream is told after what could be read', async () => {
  const text = Array.from({ length: 2000 }, (_, i) => `{"n":${i},"x":"${Math.sin(i)}"}`).join('\n')
  const zipped = gzipSync(text)
  expect(await read(zipped)).toHaveLength(2000)
  expect(await read(zipped.subarray(0, 1), zipped.subarray(1))).toHaveLength(2000)
  const cut = await read(zipped.subarray(0, zipped.length / 2))
  expect(cut.at(-1)).toBe('malformed-body')
  expect(cut.length).toBeGreaterThan(1)
})

test('a damaged first line of NDJSON does not swallow the rest', async () => {
  expect(await read('{"a":}\n{"b":2}\n')).toEqual(['1:{"a":}', '2:{"b":2}'])
})
