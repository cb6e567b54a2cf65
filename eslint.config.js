import tseslint from 'typescript-eslint';

// What the sandbox and the domain must not touch: local time, the wall clock's formats, anything of Node.
const noLocalTime = [
  {
    selector:
      'CallExpression[callee.property.name=/^(getHours|getDay|getDate|getMonth|getFullYear|getMinutes|getTimezoneOffset|setHours|setDate|setMonth|toLocaleString|toLocaleDateString|toLocaleTimeString|toDateString|toTimeString)$/]',
    message: 'Local time depends on the worker machine (TZ). Use the calendar data in domain/calendar.ts.',
  },
  {
    selector: "MemberExpression[object.name='Intl']",
    message: 'Intl depends on the ICU of the worker. Formats are data.',
  },
];

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      '.aftercare/',
      'scripts/',
      'eslint.config.js',
      '.dependency-cruiser.cjs',
    ],
  },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only runtime/config.ts reads the environment.' },
      ],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['domain/**/*.ts', 'workflows/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...noLocalTime],
      'no-restricted-globals': ['error', 'Temporal'],
    },
  },
  {
    files: ['runtime/config.ts', 'tests/**/*.ts', 'bench/**/*.ts', 'vitest.config.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
);
