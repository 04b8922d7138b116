// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentRegistry} from "../../contracts/EnvironmentRegistry.sol";
import {IAttesterQuorum, NamedAttester} from "../../contracts/interfaces/IAttesterQuorum.sol";
import {EnvironmentRegistration} from "../../contracts/interfaces/IEnvironmentRegistry.sol";
import {EnvironmentId} from "../../contracts/types/Ids.sol";
import {AttesterQuorum} from "../../contracts/verifiers/AttesterQuorum.sol";
import {BurningAccount, KeyAccount, RawAccount, ReenteringAccount, RevertingAccount} from "./support/Accounts.sol";
import {StatementTestBase} from "./support/StatementTestBase.sol";

/// @notice Attesters of AttesterQuorum whose account has code: see AttesterQuorum.tree.
contract AttesterCodeTest is StatementTestBase {
    bytes4 private constant MAGIC = 0x1626ba7e;
    /// @dev A key behind accounts with code.
    uint256 private constant INNER_KEY = 0x1AA3;

    function setUp() external {
        vm.warp(NOW);
    }

    function test_SmartAccountsAndKeysTogether() external {
        address account = address(new KeyAccount(vm.addr(INNER_KEY)));
        AttesterQuorum quorum = _withCode(account);
        bytes memory inner = sign(INNER_KEY, quorum.statementDigest(ID, FAR, DEADLINE));
        vm.assertTrue(quorum.verify(ID, _registration(), _both(quorum, account, inner)), "vouches");

        bytes memory wrong = sign(_key(1), quorum.statementDigest(ID, FAR, DEADLINE));
        _refuses(quorum, _both(quorum, account, wrong), _invalidSignature(account));
    }

    /// @dev EIP-7702: an account with a key and delegated code is believed by either.
    function test_DelegatedAccountIsBelievedBothWays() external {
        AttesterQuorum quorum = new AttesterQuorum(_keyed(1), 1);
        vm.etch(_account(0), address(new KeyAccount(vm.addr(INNER_KEY))).code);
        bytes32 digest = quorum.statementDigest(ID, FAR, DEADLINE);
        uint256[2] memory keys = [_key(0), INNER_KEY];
        for (uint256 i = 0; i < 2; ++i) {
            vm.assertTrue(quorum.verify(ID, _registration(), _packed(0, DEADLINE, sign(keys[i], digest))), "vouches");
        }
        _refuses(quorum, _packed(0, DEADLINE, sign(_key(1), digest)), _invalidSignature(_account(0)));
    }

    function test_RevertWhen_TheCodeAnswersAnythingElse() external {
        address[7] memory accounts = [
            address(new RawAccount("")),
            address(new RawAccount(abi.encode(uint256(1)))),
            address(new RawAccount(new bytes(5_000))),
            address(new RawAccount(abi.encodePacked(MAGIC))),
            address(new RevertingAccount()),
            address(4),
            address(0xdead)
        ];
        for (uint256 i = 0; i < 7; ++i) {
            AttesterQuorum quorum = _withCode(accounts[i]);
            _refuses(quorum, _both(quorum, accounts[i], ""), _invalidSignature(accounts[i]));
        }
        address willing = address(new RawAccount(abi.encode(MAGIC)));
        AttesterQuorum vouching = _withCode(willing);
        vm.assertTrue(vouching.verify(ID, _registration(), _both(vouching, willing, "")), "the magic word");
    }

    /// @dev No cap is set on its gas: whoever registers leaves its signature out.
    function test_RevertWhen_TheCodeBurnsAllGas() external {
        address account = address(new BurningAccount());
        AttesterQuorum quorum = _withCode(account);
        bytes memory statement = _both(quorum, account, "");
        uint256 before = gasleft();
        try quorum.verify{gas: 1_000_000}(ID, _registration(), statement) {
            vm.assertTrue(false, "vouched");
        } catch (bytes memory reason) {
            vm.assertEq(keccak256(reason), keccak256(_invalidSignature(account)));
        }
        vm.assertTrue(before - gasleft() < 1_100_000, "no more than was given");
        bytes memory without = bytes.concat(
            _partOf(quorum, 0, ID, FAR, DEADLINE),
            _partOf(quorum, 1, ID, FAR, DEADLINE)
        );
        vm.assertTrue(quorum.verify{gas: 1_000_000}(ID, _registration(), without), "the others");
    }

    /// @dev Its own call would be allowed to it, and says yes only if that has failed.
    function test_TheCodeCannotCallBack() external {
        EnvironmentRegistry registry = new EnvironmentRegistry();
        ReenteringAccount account = new ReenteringAccount(address(registry));
        EnvironmentRegistration memory own = _registration();
        vm.prank(address(account));
        EnvironmentId ofAccount = registry.register(own, "", "");
        bytes memory call = abi.encodeCall(registry.revoke, (ofAccount));
        account.setCall(call);

        AttesterQuorum quorum = _withCode(address(account));
        EnvironmentRegistration memory r = _registration();
        r.verifier = quorum;
        EnvironmentId id = registry.environmentIdOf(address(this), r);
        bytes memory key = _partOf(quorum, 0, id, FAR, DEADLINE);
        bytes memory code = _packedOf(address(account), DEADLINE, "");
        registry.register(r, "", _ascending(_account(0), key, address(account), code));
        vm.assertEq(address(registry.environmentOf(id).verifier), address(quorum));
        vm.assertEq(registry.environmentOf(ofAccount).revokedAt, 0);

        vm.prank(address(account));
        (bool success, ) = address(registry).call(call);
        vm.assertTrue(success, "allowed to it otherwise");
    }

    /// @dev Two of three: an account with code, and the keys 0 and 1.
    function _withCode(address account) private returns (AttesterQuorum) {
        NamedAttester[] memory keyed = _keyed(2);
        NamedAttester[] memory named = new NamedAttester[](3);
        uint256 place = 0;
        for (uint256 i = 0; i < 2; ++i) {
            if (keyed[i].account < account) ++place;
            named[keyed[i].account < account ? i : i + 1] = keyed[i];
        }
        named[place] = NamedAttester(account, "code");
        return new AttesterQuorum(named, 2);
    }

    /// @dev The account's signature, and that of key 0.
    function _both(AttesterQuorum quorum, address account, bytes memory signature) private view returns (bytes memory) {
        bytes memory key = _partOf(quorum, 0, ID, FAR, DEADLINE);
        return _ascending(_account(0), key, account, _packedOf(account, DEADLINE, signature));
    }

    function _ascending(
        address one,
        bytes memory ofOne,
        address other,
        bytes memory ofOther
    ) private pure returns (bytes memory) {
        return one < other ? bytes.concat(ofOne, ofOther) : bytes.concat(ofOther, ofOne);
    }

    function _invalidSignature(address attester) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttesterQuorum.AttesterQuorum_InvalidSignature.selector, attester);
    }

    /// @dev The statement is made before the revert is expected: making it asks the verifier too.
    function _refuses(AttesterQuorum by, bytes memory statement, bytes memory reason) private {
        vm.expectRevert(reason);
        by.verify(ID, _registration(), statement);
    }
}
