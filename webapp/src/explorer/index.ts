import './explorer.ts'

export type { ErrorNotice } from './error-notice.ts'
export type { Explorer } from './explorer.ts'
export type { Change } from './navigation.ts'
export type { Session } from './session.ts'
