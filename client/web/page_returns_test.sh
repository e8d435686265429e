#!/bin/bash
exec node client/web/testing/returns.mjs
