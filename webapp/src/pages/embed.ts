// What any page may embed: with it, `<zlide-explorer bundle="models/sentences/">` comes alive.

import '../explorer/index.ts'
