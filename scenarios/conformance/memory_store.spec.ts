import { checkConformance } from './check_conformance.ts';

checkConformance('memory');
