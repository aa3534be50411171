// A person's whole record, and the readings that go on arriving after a consent has ended.
import { addAnswers } from './answers.js'
import { patientOf, streamOf, type Chart } from './chart.js'
import { addCare } from './care.js'
import { addDevices } from './devices.js'
import { addConditions, addEncounters } from './encounters.js'
import { addLaboratory } from './labs.js'
import { categories, measures } from './measures.js'
import { addMedications } from './medications.js'
import { addObservation } from './observation.js'
import { addPapers } from './papers.js'
import { addFamilyHistory, addPatient, addRelatives } from './patient.js'
import { addAllergies, addImmunizations, addProcedures } from './prevention.js'
import { quantity, type Bundle, type Resource } from './shape.js'
import { addVitals } from './vitals.js'

export function writeRecord(chart: Chart): Resource[] {
  addPatient(chart)
  addRelatives(chart)
  addEncounters(chart)
  addConditions(chart)
  addVitals(chart)
  addLaboratory(chart)
  addDevices(chart)
  addMedications(chart)
  addImmunizations(chart)
  addProcedures(chart)
  addAllergies(chart)
  addCare(chart)
  addAnswers(chart)
  addFamilyHistory(chart)
  addPapers(chart)
  return chart.resources
}

/** Two or three blood pressures from a device that nobody told. */
export function writeLateReadings(chart: Chart, from: number): Resource[] {
  const random = streamOf(chart, 'late')
  const late: Chart = { ...chart, resources: [] }
  const readings = random.int(2, 3)
  for (let at = 0; at < readings; at++) {
    const day = from + 1 + at
    const components = [
      { code: measures.systolic, value: quantity(chart.body.systolic(day) + random.normal(0, 5), 'mmHg', 0, 'mm[Hg]') },
      { code: measures.diastolic, value: quantity(chart.body.diastolic(day) + random.normal(0, 3), 'mmHg', 0, 'mm[Hg]') },
    ]
    addObservation(late, random, {
      code: measures.pressure,
      category: categories.vitals,
      day,
      minute: random.int(400, 1300),
      components,
      performer: patientOf(chart),
    })
  }
  return late.resources
}

export function bundleOf(resources: readonly Resource[]): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'collection',
    entry: resources.map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource })),
  }
}
