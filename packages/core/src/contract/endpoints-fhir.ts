import type { Endpoint } from './endpoints.js'

const fhir = '/fhir-server/api/v1'
const fhirJson = 'application/json+fhir'
export const fhirEndpoint = (method: Endpoint['method'], path: string, summary: string, more: Partial<Endpoint> = {}): Endpoint => ({
  method,
  path: `${fhir}${path}`,
  system: 'fhir-server',
  summary,
  answerType: fhirJson,
  ...(method === 'POST' || method === 'PUT' ? { bodyType: fhirJson } : {}),
  ...more,
})

const paged = { query: ['start', 'end', '_count', 'studyid'] }

const exporting = { query: ['_type', '_since', '_outputFormat', 'studyid'], status: 202 }
const expanding = { query: ['filter', 'offset', 'count'] }
const validating = { query: ['code', 'system', 'display'] }

/** Operations of DSTU2, by the address at which each is asked. */
export const operationEndpoints = {
  everything: fhirEndpoint('GET', '/Patient/{id}/$everything', 'All of a person’s record that the caller may see', paged),
  everythingByPost: fhirEndpoint('POST', '/Patient/{id}/$everything', 'The same with start and end in a Parameters resource', paged),
  metaOfSystem: fhirEndpoint('GET', '/$meta', 'Profiles, tags and security labels in use in a study', { query: ['studyid'] }),
  metaOfType: fhirEndpoint('GET', '/{type}/$meta', 'Profiles, tags and security labels in use on a type', { query: ['studyid'] }),
  meta: fhirEndpoint('GET', '/{type}/{id}/$meta', 'Profiles, tags and security labels of a resource'),
  metaOfVersion: fhirEndpoint('GET', '/{type}/{id}/_history/{vid}/$meta', 'Profiles, tags and security labels of a version'),
  metaAdd: fhirEndpoint('POST', '/{type}/{id}/$meta-add', 'Add profiles, tags and security labels to a resource'),
  metaDelete: fhirEndpoint('POST', '/{type}/{id}/$meta-delete', 'Take profiles, tags and security labels from a resource'),
  expand: fhirEndpoint('GET', '/ValueSet/{id}/$expand', 'The codes of a value set, stored or of DSTU2 itself', expanding),
  expandByUrl: fhirEndpoint('GET', '/ValueSet/$expand', 'The codes of one of DSTU2’s own value sets', {
    query: ['url', ...expanding.query],
  }),
  expandByPost: fhirEndpoint('POST', '/ValueSet/$expand', 'The same, asked by a Parameters resource'),
  validateCode: fhirEndpoint('GET', '/ValueSet/{id}/$validate-code', 'Whether a code is in a value set', validating),
  validateCodeByUrl: fhirEndpoint('GET', '/ValueSet/$validate-code', 'Whether a code is in one of DSTU2’s own value sets', {
    query: ['url', ...validating.query],
  }),
  validateCodeByPost: fhirEndpoint('POST', '/ValueSet/$validate-code', 'The same, asked by a Parameters resource'),
  exportSystem: fhirEndpoint('GET', '/$export', 'Export all of a study that the caller may read, in files', exporting),
  exportPatients: fhirEndpoint('GET', '/Patient/$export', 'Export what is about people', exporting),
  exportGroup: fhirEndpoint('GET', '/Group/{id}/$export', 'Export what is about the people of a Group', exporting),
  exportStatus: fhirEndpoint('GET', '/$export-status/{job}', 'How far an export is, or where its files are', {
    answerType: 'application/json',
  }),
  cancelExport: fhirEndpoint('DELETE', '/$export-status/{job}', 'Cancel an export, or remove its files', { status: 202 }),
  exportFile: fhirEndpoint('GET', '/$export-file/{job}/{file}', 'One file of an export', { answerType: 'application/fhir+ndjson' }),
} as const satisfies Record<string, Endpoint>
