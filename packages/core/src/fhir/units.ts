/** How a unit's amounts become those of a unit that all comparable ones share. */
export interface UnitScale {
  /** The same for all units that can be compared. */
  dimension: string
  toBase(amount: number): number
}

/** Knows a unit by its UCUM code, or by another common spelling of it; null: compared as written. */
export type Units = (unit: string) => UnitScale | null

export const noUnits: Units = () => null

export const ucumSystem = 'http://unitsofmeasure.org'
