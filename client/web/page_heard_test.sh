#!/bin/bash
exec node client/web/testing/heard.mjs
