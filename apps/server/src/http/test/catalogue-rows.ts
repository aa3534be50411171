// The matrix's rows of the catalogue: profiles of tables, the codebook.
import type { Role } from '@aquifer/core/access'

const readers: Role[] = ['analyst', 'researcher']

export const catalogueRows = {
  tableProfile: { may: readers, url: '/query/api/v1/catalogue/patients/profile?study={study}' },
  codebook: { may: readers, url: '/query/api/v1/codebook?study={study}' },
} satisfies Record<string, { may: readonly Role[]; url: string }>
