import './style.css';
import { mount } from 'svelte';
import App from './app.svelte';
import { followLinks } from './place.svelte.js';

followLinks();
mount(App, { target: document.querySelector('#app')! });
