import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// The parts of the published DSTU2 (1.0.2) definitions that the generator reads.
export interface ElementDefinition {
  path: string
  name?: string
  min: number
  max: string
  type?: { code?: string; profile?: string[] }[]
  nameReference?: string
  isModifier?: boolean
  isSummary?: boolean
  binding?: { strength: string; valueSetReference?: { reference: string }; valueSetUri?: string }
  constraint?: { key: string; severity: string; human: string; xpath?: string }[]
}
export interface StructureDefinition {
  id: string
  kind: string
  base?: string
  abstract: boolean
  constrainedType?: string
  snapshot: { element: ElementDefinition[] }
}
export interface Concept {
  code: string
  display?: string
  abstract?: boolean
  concept?: Concept[]
}
interface Include {
  system?: string
  concept?: Concept[]
  filter?: { property: string; op: string; value: string }[]
}
export interface ValueSet {
  id: string
  url: string
  name: string
  codeSystem?: { system: string; version?: string; concept?: Concept[] }
  compose?: { import?: string[]; include?: Include[]; exclude?: Include[] }
}
export interface SearchParameter {
  code: string
  base: string
  type: string
  xpath?: string
  target?: string[]
}
export interface Definitions {
  resources: StructureDefinition[]
  types: StructureDefinition[]
  valueSets: ValueSet[]
  searchParameters: SearchParameter[]
  phiPaths: { path: string; phiClass: string }[]
}

const bundleFiles = {
  resources: ['profiles-resources.json'],
  types: ['profiles-types.json'],
  valueSets: ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'],
  searchParameters: ['search-parameters.json'],
}

export function readDefinitions(dataDir: string): Definitions {
  const folder = mkdtempSync(join(tmpdir(), 'dstu2-definitions-'))
  try {
    execFileSync('tar', ['xzf', join(dataDir, 'hl7-dstu2-definitions.tar.gz'), '-C', folder])
    const all = <T>(files: string[]): T[] => files.flatMap((file) => resourcesOf<T>(join(folder, 'definitions', file)))
    return {
      resources: all(bundleFiles.resources),
      types: all(bundleFiles.types),
      valueSets: all(bundleFiles.valueSets),
      searchParameters: all(bundleFiles.searchParameters),
      phiPaths: readPhiPaths(join(dataDir, 'dstu2-phi-paths.tsv')),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function resourcesOf<T>(file: string): T[] {
  const bundle = JSON.parse(readFileSync(file, 'utf8')) as { entry: { resource: T }[] }
  return bundle.entry.map((entry) => entry.resource)
}

function readPhiPaths(file: string): Definitions['phiPaths'] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1)
  return lines.map((line) => {
    const [path = '', , phiClass = ''] = line.split('\t')
    return { path, phiClass }
  })
}
