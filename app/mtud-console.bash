# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
#
# bash completion of mtud-console, whose words mtud itself knows, and of mtud's options.

# The words of $2 that begin with $1, into COMPREPLY.
_mtud_words()
{
	mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

_mtud_console()
{
	local line="${COMP_LINE:0:COMP_POINT}" cur prev word socket=() choices=() i
	local words=()

	# Words by blanks alone: bash would also part them at each colon.
	read -ra words <<<"$line"
	[[ $line == *[[:blank:]] ]] && words+=("")
	cur="${words[-1]}"
	prev="${words[-2]}"
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		case "${words[i]}" in
		-s)
			((i++))
			socket=(-s "${words[i]}")
			;;
		-s*) socket=("${words[i]}") ;;
		-f | -c)
			((i++))
			;;
		-*) ;;
		*) break ;;
		esac
	done
	# The command begins at word i, if it does.
	if ((i >= ${#words[@]} - 1)); then
		case "$prev" in
		-s | -f)
			compopt -o default
			COMPREPLY=()
			return
			;;
		-c) return ;;
		esac
		if [[ $cur == -* ]]; then
			_mtud_words "$cur" "-s -f -c -h -v --help --version"
			return
		fi
	fi
	mapfile -t choices < <("${words[0]}" "${socket[@]}" -c "${words[*]:i}" 2>/dev/null)
	COMPREPLY=()
	for word in "${choices[@]}"; do
		word="${word%%$'\t'*}"
		[[ $word != "<"* && $word == "$cur"* ]] && COMPREPLY+=("$word")
	done
	[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
	# What bash takes for the word begins behind its last colon.
	if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
		prev="${cur%"${cur##*:}"}"
		COMPREPLY=("${COMPREPLY[@]#"$prev"}")
	fi
}

_mtud()
{
	local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD - 1]}" i

	case "$prev" in
	-f | --console)
		compopt -o default
		COMPREPLY=()
		return
		;;
	--fib6)
		_mtud_words "$cur" "trie lpm"
		return
		;;
	--fib4)
		_mtud_words "$cur" "trie dir24-8"
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			_mtud_words "$cur" "-i -f --console --rxq --rxd --txd --mbufs --routes \
				--tbl8s --neighbors --fib6 --fib4 --no-start --help --version"
			return
		fi
	done
	# Those of EAL's that are needed most.
	_mtud_words "$cur" "-- -l -a -b -m --vdev --no-huge --no-pci --in-memory --file-prefix \
		--main-lcore --log-level --socket-mem --huge-unlink"
}

complete -F _mtud_console mtud-console
complete -F _mtud mtud
