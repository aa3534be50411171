// The matrix's rows of files: who may ask each address, and how it is asked.
import type { Role } from '@aquifer/core/access'

interface FileRow {
  may: readonly Role[]
  url?: string
  body?: () => Record<string, unknown>
  headers: Record<string, string>
}

// Both are mandatory where files are; tokens of the tests stand for this user.
const headers = { 'x-correlation-id': 'c', 'x-aquifer-user': 'local:tests' }
const senders: Role[] = ['integrator', 'device']
const analysts: Role[] = ['analyst', 'researcher']
const removers: Role[] = ['privacy-officer', 'administrator']

export const fileRows = {
  putLakeFile: { may: senders, headers, body: () => ({}) },
  lakeFile: { may: senders, headers },
  removeLakeFile: { may: [...senders, ...removers], headers },
  putReservoirFile: { may: analysts, headers, body: () => ({}) },
  reservoirFile: { may: analysts, headers },
  removeReservoirFile: { may: [...analysts, ...removers], headers },
  fileMetadata: {
    may: [...analysts, 'study-manager', 'auditor', ...removers],
    headers,
    url: '/datareservoir/api/v1/metadata?studyid={study}',
  },
  uploadState: { may: analysts, headers },
  appendUpload: { may: analysts, headers, body: () => ({}) },
  cancelUpload: { may: analysts, headers },
} as const satisfies Record<string, FileRow>
