// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A smart account that believes one key.
contract KeyAccount is IERC1271 {
    address private immutable _KEY;

    constructor(address key) {
        _KEY = key;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (address signer, ECDSA.RecoverError err, ) = ECDSA.tryRecover(digest, signature);
        return
            err == ECDSA.RecoverError.NoError && signer == _KEY
                ? IERC1271.isValidSignature.selector
                : bytes4(0xffffffff);
    }
}

/// @notice An account whose code answers anything with the same bytes.
contract RawAccount {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}

/// @notice An account whose code burns all gas it gets.
contract BurningAccount {
    fallback() external {
        while (true) {}
    }
}

/// @notice An account that tries a call of its own before it says yes.
contract ReenteringAccount {
    address private immutable _TARGET;
    bytes private _call;

    constructor(address target) {
        _TARGET = target;
    }

    function setCall(bytes calldata call) external {
        _call = call;
    }

    /// @dev Not `view`, so that the compiler lets it call; the caller's static call is what stops it.
    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        // A write inside a static call burns what it was given: the other half is left to answer with.
        (bool success, ) = _TARGET.call{gas: gasleft() / 2}(_call);
        return success ? bytes4(0) : IERC1271.isValidSignature.selector;
    }
}

/// @notice An account whose code reverts with a lot to copy.
contract RevertingAccount {
    fallback() external {
        assembly ("memory-safe") {
            revert(mload(0x40), 100000)
        }
    }
}
