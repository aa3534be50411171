import { expect, test } from 'vitest'
import type { AccessHolder } from '@aquifer/core/contract'
import { holdersCsv } from './holders-csv.js'

const person: AccessHolder = {
  holder: 'ivo',
  name: 'Ivo "Iv" Brandt',
  kind: 'person',
  role: 'investigator',
  studies: ['HARBOR'],
  sites: ['A', 'B'],
  reaches: 'sites',
  identified: true,
  signedInAt: null,
}

test('the list says what it rests on, whom each reaches, and runs in no spreadsheet', () => {
  const holders = [
    person,
    { ...person, holder: '=cmd', reaches: 'nobody' as const, sites: [] },
    { ...person, holder: 'ada', role: 'analyst', identified: false, sites: [], reaches: 'every-site' as const },
  ]
  const csv = holdersCsv({ study: 'HARBOR', site: null, asOf: '2026-11-22T10:00:00Z', holders }, holders)
  expect(csv.split('\r\n').slice(0, 5)).toEqual([
    '# who can see HARBOR · as of 2026-11-22T10:00:00Z · 3 listed',
    'who,name,kind,role,studies,sites,sees,last sign-in',
    'ivo,"Ivo ""Iv"" Brandt",person,investigator,HARBOR,A B,Identified,',
    `'=cmd,"Ivo ""Iv"" Brandt",person,investigator,HARBOR,nobody now,No clinical data,`,
    'ada,"Ivo ""Iv"" Brandt",person,analyst,HARBOR,every site,Masked,',
  ])
})
