import { configure } from '@testing-library/react'

// How long `findBy…` and `waitFor` look, in milliseconds.
configure({ asyncUtilTimeout: 30_000 })
