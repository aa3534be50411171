declare module '@lhncbc/ucum-lhc' {
  interface UcumUnit {
    csCode_: string
    magnitude_: number
    dim_: { dimVec_: number[] | null } | null
    isArbitrary_: boolean
    moleExp_: number
    equivalentExp_: number
    isSpecial_: boolean
  }
  interface Utils {
    uStrParser_: { parseString(code: string, mode: 'validate'): [unit: UcumUnit | null, code: string | null, ...unknown[]] }
    convertUnitTo(from: string, amount: number, to: string): { status: string; toVal: number | null }
  }
  const ucum: { UcumLhcUtils: { getInstance(): Utils } }
  export default ucum
}
