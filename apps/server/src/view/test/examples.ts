import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

export type Resource = Record<string, unknown> & { resourceType: string; id: string }

/** HL7's DSTU2 examples and some people of the Synthea file, where the folder of real data is. */
export function realResources(folder: string | undefined, bundles: number): Resource[] {
  if (!folder || !existsSync(`${folder}/hl7-dstu2-examples-json.tar.gz`)) return []
  return [...hl7Examples(folder), ...syntheaPeople(folder, bundles)]
}

function hl7Examples(folder: string): Resource[] {
  const into = mkdtempSync(join(tmpdir(), 'aquifer-hl7-'))
  try {
    execFileSync('tar', ['xzf', `${folder}/hl7-dstu2-examples-json.tar.gz`, '-C', into])
    return (readdirSync(into, { recursive: true }) as string[])
      .filter((file) => file.endsWith('.json'))
      .map((file) => JSON.parse(readFileSync(join(into, file), 'utf8')) as Resource)
      .filter((resource) => typeof resource.id === 'string')
  } finally {
    rmSync(into, { recursive: true })
  }
}

function syntheaPeople(folder: string, bundles: number): Resource[] {
  const lines = gunzipSync(readFileSync(`${folder}/synthea-dstu2.bundles.ndjson.gz`))
    .toString('utf8')
    .split('\n')
    .slice(0, bundles)
  return lines.flatMap((line, bundle) =>
    (JSON.parse(line) as { entry: { resource: Resource }[] }).entry.map(({ resource }, entry) => ({
      ...resource,
      id: resource.id ?? `made-${bundle}-${entry}`,
    })),
  )
}

/** What every table must bring over whether or not real data is there. */
export const inlineResources: Resource[] = [
  {
    resourceType: 'Patient',
    id: 'p1',
    gender: 'female',
    birthDate: '1970-06-01',
    deceasedDateTime: '2015-02-03T04:05:06.789+02:00',
    maritalStatus: { coding: [{ system: 'http://hl7.org/fhir/marital-status', code: 'M' }] },
    address: [{ state: 'MA', postalCode: '02139' }],
    communication: [
      { language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'es' }] } },
      { language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'en' }] }, preferred: true },
    ],
    extension: [
      {
        url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race',
        extension: [
          { url: 'ombCategory', valueCoding: { system: 'urn:oid:2.16.840.1.113883.6.238', code: '2106-3' } },
          { url: 'text', valueString: 'White' },
        ],
      },
      {
        url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity',
        valueCodeableConcept: { coding: [{ system: 'http://hl7.org/fhir/v3/Ethnicity', code: '2186-5' }] },
      },
    ],
  },
  {
    resourceType: 'Observation',
    id: 'bp1',
    status: 'final',
    category: { coding: [{ system: 'http://hl7.org/fhir/observation-category', code: 'vital-signs' }] },
    code: { coding: [{ system: 'http://loinc.org', code: '55284-4' }] },
    subject: { reference: 'Patient/p1' },
    encounter: { reference: 'urn:uuid:0a1b' },
    effectivePeriod: { start: '2014-01-02T03:04:05-05:00' },
    component: [
      { code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] }, valueQuantity: { value: 120.5, unit: 'mmHg', code: 'mm[Hg]' } },
      { code: { coding: [{ code: 'local' }] }, valueCodeableConcept: { coding: [{ system: 's', code: 'v' }] } },
      { code: { text: 'no coding' }, valueString: 'words' },
    ],
  },
  {
    resourceType: 'QuestionnaireResponse',
    id: 'q1',
    status: 'completed',
    subject: { reference: 'Patient/p1' },
    authored: '2014-01-02T03:04:05Z',
    group: {
      question: [{ linkId: '1', answer: [{ valueBoolean: true }, { valueDecimal: 2.5 }] }, { linkId: '2' }],
      group: [
        {
          linkId: 'g',
          question: [
            {
              linkId: 'g.1',
              answer: [
                { valueCoding: { system: 's', code: 'v' }, group: [{ question: [{ linkId: 'deep', answer: [{ valueInteger: 7 }] }] }] },
              ],
            },
          ],
          group: [
            {
              group: [{ question: [{ linkId: 'g4', answer: [{ valueDate: '2012-03-04' }, { valueQuantity: { value: 3, unit: 'd' } }] }] }],
            },
          ],
        },
      ],
    },
  },
  {
    resourceType: 'MedicationOrder',
    id: 'm1',
    status: 'active',
    patient: { reference: 'http://other.example/fhir/Patient/p1/_history/3' },
    medicationReference: { reference: '#contained' },
    dateWritten: '2012',
    dispenseRequest: { expectedSupplyDuration: { value: 2, code: 'wk' }, quantity: { value: 28 } },
  },
]
