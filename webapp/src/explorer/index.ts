import './explorer.ts'

export type { ErrorNotice } from './error-notice.ts'
export type { Explorer } from './explorer.ts'
