import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aStorage, AnsweringServer } from '../../../../test/answering-server.js'
import { SessionProvider } from '../../api/SessionProvider.js'
import { Session } from '../../api/session.js'
import { SignInPage } from './SignInPage.js'

let server: AnsweringServer
let session: Session

beforeEach(() => {
  server = new AnsweringServer()
  session = new Session(aStorage(), () => Date.now())
  render(
    <SessionProvider session={session}>
      <SignInPage />
    </SessionProvider>,
  )
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const fill = async (password: string) => {
  const user = userEvent.setup()
  await user.type(screen.getByLabelText('User'), 'aoife')
  await user.type(screen.getByLabelText('Password'), password)
  await user.keyboard('{Enter}')
}

test('says what was wrong, and forgets the password', async () => {
  await fill('wrong')
  expect((await screen.findByRole('alert')).textContent).toContain('do not fit')
  expect(screen.getByLabelText<HTMLInputElement>('Password').value).toBe('')
  expect(screen.getByLabelText<HTMLInputElement>('User').value).toBe('aoife')
})

test('says when there is no server', async () => {
  server.down = true
  await fill('right')
  expect((await screen.findByRole('alert')).textContent).toContain('does not answer')
})

test('where another provider signs people in there is no password to type', async () => {
  cleanup()
  server.ways = {
    password: false,
    provider: { issuer: 'https://id.example', authorizationEndpoint: 'https://id.example/auth', clientId: 'bench', scope: 'openid' },
  }
  render(
    <SessionProvider session={session}>
      <SignInPage />
    </SessionProvider>,
  )
  expect(await screen.findByRole('button', { name: 'Sign in at id.example' })).toBeTruthy()
  expect(screen.queryByLabelText('Password')).toBeNull()
})

test('hands on what brings the person here', async () => {
  const user = userEvent.setup()
  const purpose = screen.getByLabelText('What brings you here')
  await user.clear(purpose)
  await user.type(purpose, 'protocol A-3')
  await fill('right')
  await vi.waitFor(() => expect(session.state()).toMatchObject({ status: 'signed-in', purpose: 'protocol A-3' }), 30_000)
})

test('says what is missing to whoever tries without it, and goes there', async () => {
  const user = userEvent.setup()
  await user.type(screen.getByLabelText('User'), 'aoife')
  await user.click(screen.getByRole('button', { name: 'Sign in' }))
  expect(screen.getByText('Type the password.')).toBeTruthy()
  expect(document.activeElement).toBe(screen.getByLabelText('Password'))
  expect(server.calls('POST', /sign-in/)).toEqual([])
})

test('a one-time code becomes a password, and opens the session', async () => {
  const user = userEvent.setup()
  await user.click(screen.getByRole('button', { name: 'I was given a one-time code' }))
  await user.type(screen.getByLabelText('User'), 'aoife')
  await user.type(screen.getByLabelText('One-time code'), ' A1B2 ')
  await user.type(screen.getByLabelText('New password'), 'right{Enter}')
  await vi.waitFor(() => expect(session.state().status).toBe('signed-in'), 30_000)
  expect(server.calls('POST', /codes$/)[0]?.body).toEqual({ user: 'aoife', code: 'A1B2', password: 'right' })
})
