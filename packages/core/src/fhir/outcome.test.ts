// DSTU2 operationoutcome.html.
import { expect, test } from 'vitest'
import { operationOutcome, validate } from './index.js'

test('issues become an OperationOutcome that is itself valid', () => {
  const issues = validate({ resourceType: 'Patient', name: [{}, { use: 'x' }] })
  const outcome = operationOutcome(issues)
  expect(outcome).toEqual({
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: 'structure',
        diagnostics: 'Patient.name[0]: an object may not be empty',
        location: ['/f:Patient/f:name[1]'],
      },
      {
        severity: 'error',
        code: 'code-invalid',
        diagnostics: 'Patient.name[1].use: not a code of the required value set',
        location: ['/f:Patient/f:name[2]/f:use'],
      },
    ],
  })
  expect(validate(outcome)).toEqual([])
})

test('nothing wrong is said in words, and refusals of other systems fit in', () => {
  expect(validate(operationOutcome([]))).toEqual([])
  const refused = operationOutcome([{ severity: 'error', code: 'forbidden', message: 'no active consent' }])
  expect(refused).toEqual({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'forbidden', diagnostics: 'no active consent' }],
  })
  expect(validate(refused)).toEqual([])
})
