/** What a measurement is usually given in: by LOINC code the unit, and from which others it is had: value × factor + shift. */
export interface UsualUnit {
  codes: string
  unit: string
  from: Readonly<Record<string, readonly [factor: number, shift: number]>>
  /** LOINC codes of the same measurement as an amount of substance, each with the code above that it is harmonised to. */
  molar?: Readonly<Record<string, string>>
}

// Molar masses as in the field's tables; `molar` are LOINC's codes of property SCnc beside those of MCnc.
export const usualUnits: readonly UsualUnit[] = [
  {
    codes: '29463-7 3141-9 3142-7 8335-2',
    unit: 'kg',
    from: { '[lb_av]': [0.45359237, 0], g: [0.001, 0], '[oz_av]': [0.028349523125, 0] },
  },
  { codes: '8302-2 8301-4 3137-7', unit: 'cm', from: { m: [100, 0], '[in_i]': [2.54, 0], '[ft_i]': [30.48, 0], mm: [0.1, 0] } },
  { codes: '8310-5 8331-1 8328-7 8329-5', unit: 'Cel', from: { '[degF]': [5 / 9, -160 / 9], K: [1, -273.15] } },
  { codes: '8480-6 8462-4 8478-0', unit: 'mm[Hg]', from: { kPa: [7.500615758456563, 0] } },
  {
    codes: '2339-0 2345-7 1558-6',
    unit: 'mg/dL',
    from: { 'mmol/L': [18.0156, 0], 'g/L': [100, 0] },
    molar: { '15074-8': '2339-0', '14749-6': '2345-7', '14771-0': '1558-6' },
  },
  {
    codes: '2093-3 2085-9 13457-7 18262-6 2089-1',
    unit: 'mg/dL',
    from: { 'mmol/L': [38.67, 0], 'g/L': [100, 0] },
    molar: { '14647-2': '2093-3', '14646-4': '2085-9', '39469-2': '13457-7', '22748-8': '2089-1' },
  },
  { codes: '2571-8', unit: 'mg/dL', from: { 'mmol/L': [88.57, 0], 'g/L': [100, 0] }, molar: { '14927-8': '2571-8' } },
  { codes: '2160-0 38483-4', unit: 'mg/dL', from: { 'umol/L': [1 / 88.42, 0] }, molar: { '14682-9': '2160-0' } },
  { codes: '3094-0 6299-2', unit: 'mg/dL', from: { 'mmol/L': [2.8014, 0] }, molar: { '22664-7': '3094-0' } },
  { codes: '17861-6 49765-1', unit: 'mg/dL', from: { 'mmol/L': [4.0078, 0] }, molar: { '2000-8': '17861-6' } },
  // Of ions with one charge an equivalent is a mole.
  { codes: '2947-0 2951-2 6298-4 2823-3 2069-3 2075-0 20565-8 2028-9', unit: 'mmol/L', from: { 'meq/L': [1, 0] } },
  { codes: '14959-1', unit: 'mg/g', from: { 'mg/mmol': [8.84, 0] } },
  { codes: '4548-4', unit: '%', from: { 'mmol/mol': [0.09148, 2.152] }, molar: { '59261-8': '4548-4' } },
]

/** What measurements of all of these LOINC codes are usually given in; null where they differ, or one is not in the table. */
export function usualOf(codes: readonly string[]): Pick<UsualUnit, 'unit' | 'from'> | null {
  const found = codes.map((code) =>
    usualUnits.find(({ codes: of, molar = {} }) => of.split(' ').includes(code) || Object.hasOwn(molar, code)),
  )
  const [first] = found
  if (first === undefined || found.some((each) => each?.unit !== first.unit)) return null
  // Of glucose and cholesterol the unit is the same, and a mole is not.
  return { unit: first.unit, from: found.every((each) => each === first) ? first.from : {} }
}
