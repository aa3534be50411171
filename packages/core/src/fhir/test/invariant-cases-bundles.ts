import type { Resource } from '../index.js'
import type { InvariantCases } from './invariant-cases.js'

const patient = (version?: string): object => ({
  resourceType: 'Patient',
  id: '1',
  ...(version === undefined ? {} : { meta: { versionId: version } }),
})
const bundle = (type: string, more: object): Resource => ({ resourceType: 'Bundle', type, ...more })
const fullUrl = 'http://example.org/Patient/1'
const entry = (more: object): object => ({ entry: [{ fullUrl, resource: patient(), ...more }] })
const twice = (one?: string, other?: string): Resource =>
  bundle('collection', {
    entry: [
      { fullUrl, resource: patient(one) },
      { fullUrl, resource: patient(other) },
    ],
  })
const request = { request: { method: 'GET', url: 'Patient/1' } }
const response = { response: { status: '200' } }
const parameters = (...parameter: object[]): Resource => ({ resourceType: 'Parameters', parameter })
const twofold = { name: 'a', valueString: 'a', resource: patient() }

/** What holds other resources. */
export const bundleCases: InvariantCases = {
  'Bundle bdl-1': [bundle('searchset', { total: 1 }), bundle('collection', { total: 1 })],
  'Bundle bdl-2': [bundle('searchset', entry({ search: { mode: 'match' } })), bundle('history', entry({ search: { mode: 'match' } }))],
  'Bundle bdl-3': [bundle('transaction', entry(request)), bundle('collection', entry(request))],
  'Bundle bdl-4': [bundle('batch-response', entry(response)), bundle('batch', entry(response))],
  'Bundle bdl-7': [twice('1', '2'), twice('1', '1')],
  'Bundle.entry bdl-5': [bundle('batch', { entry: [request] }), bundle('batch', { entry: [{ id: 'a' }] })],
  'Bundle.entry bdl-6': [bundle('collection', entry({})), bundle('collection', { entry: [{ resource: patient() }] })],
  'Parameters.parameter inv-1': [
    parameters({ name: 'a', valueString: 'a' }, { name: 'b', resource: patient() }, { name: 'c', part: [{ name: 'd', valueCode: 'a' }] }),
    parameters(twofold),
  ],
  'Parameters.parameter.part inv-2': [
    parameters({ name: 'a', part: [{ name: 'b', resource: patient() }] }),
    parameters({ name: 'a', part: [twofold] }),
  ],
}
