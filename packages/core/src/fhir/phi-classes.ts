import { phiTable } from './phi-classes.generated.js'

/** PHI class of every DSTU2 path that can hold PHI ('Patient.birthDate' → 'BIRTH_DATE'); a path that is not here holds none by definition. */
export const phiClasses: Readonly<Record<string, string>> = JSON.parse(phiTable) as Record<string, string>
