// Where masked resources hold codes of concepts. All codings of each count: a list may know the second one.

interface Coded {
  element: string
  /** SQL of the concept, or of a list of them. */
  concept: string
  many?: true
}
const coded: Readonly<Record<string, readonly Coded[]>> = {
  Observation: [
    { element: 'Observation.code', concept: 'code' },
    { element: 'Observation.value', concept: '"valueCodeableConcept"' },
    { element: 'Observation.component.code', concept: 'list_transform(component, lambda c: c.code)', many: true },
    { element: 'Observation.component.value', concept: 'list_transform(component, lambda c: c."valueCodeableConcept")', many: true },
  ],
  Condition: [{ element: 'Condition.code', concept: 'code' }],
  Procedure: [{ element: 'Procedure.code', concept: 'code' }],
  MedicationOrder: [{ element: 'MedicationOrder.medication', concept: '"medicationCodeableConcept"' }],
  MedicationStatement: [{ element: 'MedicationStatement.medication', concept: '"medicationCodeableConcept"' }],
  MedicationAdministration: [{ element: 'MedicationAdministration.medication', concept: '"medicationCodeableConcept"' }],
  MedicationDispense: [{ element: 'MedicationDispense.medication', concept: '"medicationCodeableConcept"' }],
  Immunization: [{ element: 'Immunization.vaccineCode', concept: '"vaccineCode"' }],
  AllergyIntolerance: [{ element: 'AllergyIntolerance.substance', concept: 'substance' }],
  DiagnosticReport: [{ element: 'DiagnosticReport.code', concept: 'code' }],
  Encounter: [
    { element: 'Encounter.type', concept: '"type"', many: true },
    { element: 'Encounter.reason', concept: 'reason', many: true },
  ],
}

/** SQL of every code in the data: element, system, code, patient_key; null where there is no such data. */
export function codedSql(types: ReadonlySet<string>): string | null {
  const parts = Object.entries(coded)
    .filter(([type]) => types.has(type))
    .flatMap(([type, elements]) =>
      elements.map(({ element, concept, many }) => {
        const concepts = many ? `unnest(${concept})` : concept
        return `SELECT '${element}' AS element, patient_key, unnest(cc.coding) AS c FROM (SELECT patient_key, ${concepts} AS cc FROM "${type}")`
      }),
    )
  if (parts.length === 0) return null
  return `SELECT element, c."system" AS "system", c.code AS code, patient_key FROM (${parts.join(' UNION ALL ')}) WHERE c.code IS NOT NULL`
}
